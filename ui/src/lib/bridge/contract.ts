/**
 * The words that the host and the window exchange. Names, spelling and nullability are the host's; change them there
 * first.
 */
export type Verdict = "pass" | "review" | "reject" | "unreadable";

export type UnreadableReason =
  | "empty"
  | "notAPicture"
  | "damaged"
  | "tooLarge"
  | "unsupported"
  | "fileError"
  | "judgeError";

export type PartView = {
  id: number;
  partId: string;
  fileName: string;
  verdict: Verdict;
  reason: UnreadableReason | null;
  detail: string | null;
  score: number | null;
  rejectAbove: number | null;
  pValue: number | null;
  hasHeat: boolean;
  width: number | null;
  height: number | null;
  model: string | null;
  /** RFC 3339 with zone offset, plant time. */
  storedAt: string;
  latencyMillis: number;
};

export type CountersView = {
  inspected: number;
  passed: number;
  review: number;
  rejected: number;
  unreadable: number;
  yieldFraction: number | null;
  p50Millis: number | null;
  p95Millis: number | null;
  queueDepth: number;
};

export type SourceView = { kind: "stopped" } | { kind: "watching" } | { kind: "polling" } | { kind: "lost"; detail: string };

export type PromiseView = {
  falseRejectLimit: number;
  confidence: number;
  calibrationParts: number;
  partsMissing: number;
  holds: boolean;
};

export type ModelView = { id: string; madeAt: string; promise: PromiseView };

export type LearnStage = "read" | "pretrain" | "bank" | "calibrate" | "save";

export type LearningView = {
  stage: LearnStage;
  done: number;
  total: number;
  secondsLeft: number | null;
  loss: number | null;
  warning: string | null;
};

export type LineView = {
  name: string | null;
  goodFolder: string | null;
  watchFolder: string | null;
  device: string | null;
  source: SourceView;
  model: ModelView | null;
  counters: CountersView;
  learning: LearningView | null;
  /** Newest first, up to 60. */
  latest: PartView[];
};

export type FolderView = {
  folder: string;
  pictures: number;
  unreadable: number;
  width: number | null;
  height: number | null;
  /** Sample pictures to show: 0..samples. */
  samples: number;
  minimum: number;
  neededForPromise: number;
};

export type SetupRequest = {
  name: string;
  goodFolder: string;
  watchFolder: string;
  /** 0.01 = 1 %. */
  falseRejectLimit: number;
  mayTurn: boolean;
  mayFlip: boolean;
};

export type ErrorCode =
  | "folderMissing"
  | "folderEmpty"
  | "folderNotWritable"
  | "tooFewParts"
  | "modelDamaged"
  | "modelNewer"
  | "databaseNewer"
  | "databaseDamaged"
  | "busy"
  | "badRequest"
  | "internal";

export type HostError = { code: ErrorCode; detail: string };

export type LineEvent =
  | { type: "source"; source: SourceView }
  | { type: "judged"; part: PartView; counters: CountersView }
  | { type: "storeFailed"; detail: string }
  | { type: "learning"; progress: LearningView }
  | { type: "learned"; line: LineView }
  /** A null error means that a person cancelled. */
  | { type: "learningStopped"; error: HostError | null };
