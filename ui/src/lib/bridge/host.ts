/** What the window may ask of its host. Two implementations stand behind it: the real shell, and a fake for browsers. */
import type {
  ArrivalsLook,
  ArrivalsView,
  ClassView,
  ExportFormat,
  Feedback,
  FolderView,
  GalleryPage,
  GalleryRequest,
  HostError,
  LabelContent,
  LabelSavingView,
  LabelView,
  LineEvent,
  LineView,
  LookingView,
  ModelView,
  PartView,
  SetupRequest,
  ShadowView,
  TeachingView,
  TrainingView,
  ShapeView,
} from "./bindings";

/** Which picture is wanted. */
export type Picture =
  | { of: "part"; id: number; view: "picture" | "thumb" | "heat" }
  /** A sample of the good parts' folder; `look` tells one look at a folder from the next, so that no cache lies. */
  | { of: "sample"; index: number; look: number }
  /** What a learning run finds on a few fixed parts; `look` tells one look from the next. */
  | { of: "learning"; look: string };

export interface Host {
  lineState(): Promise<LineView>;
  /** Tries once more to open a line that could not be opened. */
  openAgain(): Promise<void>;
  /** Asks the person for a folder; null when they changed their mind. */
  chooseFolder(): Promise<string | null>;
  lookAtFolder(path: string, falseRejectLimit: number): Promise<FolderView>;
  /** What the patterns make of the files in a folder; nothing is changed. */
  lookAtFiles(folder: string, arrivals: ArrivalsView): Promise<ArrivalsLook>;
  /** Lets the line work by the patterns from the next part on; what it is then. */
  setArrivals(arrivals: ArrivalsView): Promise<LineView>;
  startLearning(setup: SetupRequest): Promise<void>;
  cancelLearning(): Promise<void>;
  /** Judges the known parts; what the line is afterwards. */
  checkLine(): Promise<LineView>;
  /** Parts older than `before`, newest first. */
  recentParts(before: number | null, limit: number): Promise<PartView[]>;
  gallery(request: GalleryRequest): Promise<GalleryPage>;
  /** Looks at what labels would teach, and says from time to time how far it is. One look ends the one before. */
  teach(report: (progress: LookingView) => void): Promise<TeachingView>;
  /** Ends the look, whose promise is then rejected. */
  stopTeaching(): Promise<void>;
  classes(): Promise<ClassView[]>;
  addClass(name: string): Promise<ClassView>;
  changeClass(changed: ClassView): Promise<void>;
  labelOf(part: number): Promise<LabelView>;
  /** Says something new about a part; what was said before can be taken back. */
  setLabel(part: number, content: LabelContent): Promise<LabelView>;
  undoLabel(part: number): Promise<LabelView>;
  redoLabel(part: number): Promise<LabelView>;
  giveFeedback(part: number, feedback: Feedback): Promise<LabelView>;
  /** The heat map's region as a mask's compressed runs; null where there is none. */
  proposeMask(part: number): Promise<string | null>;
  /** The area around a pixel that looks like it, as compressed runs. */
  magicWand(part: number, x: number, y: number, tolerance: number): Promise<string>;
  /** A rough area with its border at the picture's edges, as compressed runs. */
  refineArea(part: number, shape: ShapeView): Promise<string>;
  /** Grows a mask by so many pixels to each side; a negative number shrinks it. */
  growMask(part: number, counts: string, by: number): Promise<string>;
  training(): Promise<TrainingView>;
  /** Learns from labels; what became of it comes as an event. */
  startRetraining(): Promise<void>;
  /** How many labels pretraining saves, as far as it was measured. */
  labelSaving(): Promise<LabelSavingView>;
  /** Measures it behind everything else; `labelSaving` says how far it is. */
  startMeasuring(): Promise<void>;
  cancelMeasuring(): Promise<void>;
  /** Newest first. */
  models(): Promise<ModelView[]>;
  promoteModel(id: string): Promise<void>;
  /** Lets the model judge again that judged before. */
  rollBack(): Promise<void>;
  startShadow(id: string): Promise<void>;
  stopShadow(): Promise<void>;
  /** Null while no challenger judges beside. */
  shadowReport(): Promise<ShadowView | null>;
  /** Asks the person where to; the file's path, null when they changed their mind. */
  exportModel(id: string, format: ExportFormat): Promise<string | null>;
  /** Asks the person for a bundle; the model's id, null when they changed their mind. */
  importModel(): Promise<string | null>;
  /** Hands on every event until the returned function is called. */
  subscribe(handler: (event: LineEvent) => void): Promise<() => void>;
  /** The address of a picture; `sidePixels` is how long its longer side is shown, in device pixels. */
  pictureUrl(picture: Picture, sidePixels?: number): string;
}

/** Turns whatever a rejected promise carried into an error the window can put in words. */
export function toHostError(cause: unknown): HostError {
  if (typeof cause === "object" && cause !== null && "code" in cause && "detail" in cause) return cause as HostError;
  return { code: "internal", detail: cause instanceof Error ? cause.message : String(cause) };
}
