namespace Skep.Bpf;

/// <summary>What the verifier writes into its log (include/linux/bpf_verifier.h: <c>BPF_LOG_LEVEL1</c>…).</summary>
[Flags]
public enum VerifierLogLevel : uint
{
    /// <summary>No log; after a failure the program is verified once more with <see cref="Basic"/>.</summary>
    None = 0,
    /// <summary>The path that was being verified last, with the states at its branches.</summary>
    Basic = 1,
    /// <summary>Every path, with the state after each instruction: megabytes even for small programs.</summary>
    Verbose = 2,
    /// <summary>Only the closing statistics. Requires at least Linux 5.2.</summary>
    Statistics = 4,
}
