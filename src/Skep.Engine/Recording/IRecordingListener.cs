using Skep.Engine.Runtime;

namespace Skep.Engine.Recording;

/// <summary>Gets recorded events as an engine's listener gets live ones, in the same order, and what is to be known of the recording besides.</summary>
public interface IRecordingListener : IEngineListener
{
    /// <summary>Which hooks are observed from here on.</summary>
    /// <param name="time">When, nanoseconds since 1970.</param>
    /// <param name="hooks">The hooks.</param>
    void OnCoverage(long time, IReadOnlyList<ObservedHook> hooks);

    /// <summary>Events are missing before here.</summary>
    /// <param name="time">When, nanoseconds since 1970.</param>
    /// <param name="loss">How many.</param>
    void OnLoss(long time, RecordedLoss loss);
}
