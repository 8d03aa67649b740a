namespace Skep.Engine.Recording;

/// <summary>Events that are missing in a recording, since the last time that this was told.</summary>
/// <param name="Kernel">Lost before they reached user space.</param>
/// <param name="Recorder">Not recorded, because the disk was full or slow.</param>
public readonly record struct RecordedLoss(long Kernel, long Recorder);
