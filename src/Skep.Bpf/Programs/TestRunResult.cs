namespace Skep.Bpf;

/// <summary>What a test run returned.</summary>
/// <param name="ReturnValue">The program's return value (of the last run).</param>
/// <param name="NanosecondsPerRun">Average time of a run in nanoseconds; 0 for types that do not measure.</param>
/// <param name="Data">The packet afterwards, or empty.</param>
/// <param name="Context">The context afterwards, or empty.</param>
public sealed record TestRunResult(uint ReturnValue, uint NanosecondsPerRun, byte[] Data, byte[] Context)
{
    /// <summary>The return value as the signed number that most types mean.</summary>
    public int SignedReturnValue => (int)ReturnValue;
}
