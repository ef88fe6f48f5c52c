/** The host as the desktop shell offers it: commands by name, one event, pictures over the shell's own protocol. */
import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { ArrivalsLook, ClassView, FolderView, GalleryPage, LabelSavingView, LabelView, LineEvent, LineView, LookingView, ModelView, PartView, ShadowView, TeachingView, TrainingView } from "./bindings";
import type { Host, Picture } from "./host";

export function tauriHost(): Host {
  // The path is appended by hand: `convertFileSrc` would encode its slashes.
  const frames = convertFileSrc("", "frames");
  return {
    lineState: () => invoke<LineView>("line_state"),
    openAgain: async () => void (await invoke("open_again")),
    chooseFolder: () => invoke<string | null>("choose_folder"),
    lookAtFolder: (path, falseRejectLimit) => invoke<FolderView>("look_at_folder", { path, falseRejectLimit }),
    lookAtFiles: (folder, arrivals) => invoke<ArrivalsLook>("look_at_files", { folder, arrivals }),
    setArrivals: (arrivals) => invoke<LineView>("set_arrivals", { arrivals }),
    startLearning: async (setup) => void (await invoke("start_learning", { setup })),
    cancelLearning: async () => void (await invoke("cancel_learning")),
    checkLine: () => invoke<LineView>("check_line"),
    recentParts: (before, limit) => invoke<PartView[]>("recent_parts", { before, limit }),
    gallery: (request) => invoke<GalleryPage>("gallery", { request }),
    teach: (report) => invoke<TeachingView>("teach", { report: new Channel<LookingView>(report) }),
    stopTeaching: async () => void (await invoke("stop_teaching")),
    classes: () => invoke<ClassView[]>("classes"),
    addClass: (name) => invoke<ClassView>("add_class", { name }),
    changeClass: async (changed) => void (await invoke("change_class", { class: changed })),
    labelOf: (part) => invoke<LabelView>("label_of", { part }),
    setLabel: (part, content) => invoke<LabelView>("set_label", { part, content }),
    undoLabel: (part) => invoke<LabelView>("undo_label", { part }),
    redoLabel: (part) => invoke<LabelView>("redo_label", { part }),
    giveFeedback: (part, feedback) => invoke<LabelView>("give_feedback", { part, feedback }),
    proposeMask: (part) => invoke<string | null>("propose_mask", { part }),
    magicWand: (part, x, y, tolerance) => invoke<string>("magic_wand", { part, x, y, tolerance }),
    refineArea: (part, shape) => invoke<string>("refine_area", { part, shape }),
    growMask: (part, counts, by) => invoke<string>("grow_mask", { part, counts, by }),
    training: () => invoke<TrainingView>("training"),
    startRetraining: async () => void (await invoke("start_retraining")),
    labelSaving: () => invoke<LabelSavingView>("label_saving"),
    startMeasuring: async () => void (await invoke("start_measuring")),
    cancelMeasuring: async () => void (await invoke("cancel_measuring")),
    models: () => invoke<ModelView[]>("models"),
    promoteModel: async (id) => void (await invoke("promote_model", { id })),
    rollBack: async () => void (await invoke("roll_back")),
    startShadow: async (id) => void (await invoke("start_shadow", { id })),
    stopShadow: async () => void (await invoke("stop_shadow")),
    shadowReport: () => invoke<ShadowView | null>("shadow_report"),
    exportModel: (id, format) => invoke<string | null>("export_model", { id, format }),
    importModel: () => invoke<string | null>("import_model"),
    subscribe: (handler) => listen<LineEvent>("line-event", (event) => handler(event.payload)),
    pictureUrl: (picture, sidePixels) => frames + pathOf(picture, sidePixels),
  };
}

function pathOf(picture: Picture, sidePixels: number | undefined): string {
  const width = sidePixels ? Math.round(sidePixels) : undefined;
  if (picture.of === "sample") return `setup/${picture.index}?look=${picture.look}${width ? `&w=${width}` : ""}`;
  if (picture.of === "learning") return `learning?look=${picture.look}`;
  const path = `part/${picture.id}/${picture.view}`;
  return picture.view === "picture" && width ? `${path}?w=${width}` : path;
}
