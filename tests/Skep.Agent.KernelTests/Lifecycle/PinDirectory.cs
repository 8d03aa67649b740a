using Skep.Engine.Runtime;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>A pin directory of a test's own, removed with whatever is in it.</summary>
sealed class PinDirectory : IDisposable
{
    static int s_number;

    public string Path { get; } = $"/sys/fs/bpf/skep-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}";

    public void Dispose() => SkepEngine.Remove(Path);
}
