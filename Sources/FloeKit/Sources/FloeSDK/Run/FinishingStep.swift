/// A step that runs after the writers: `RunContext.written` lists what is there and `RunContext.record` tells of the
/// run.
public protocol FinishingStep: ProcessingStep {}
