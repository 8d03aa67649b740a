namespace Skep.Bpf;

/// <summary>How an object is loaded.</summary>
public sealed class LoadOptions
{
    /// <summary>The types to relocate against; null means the running kernel's.</summary>
    public Btf? KernelBtf { get; init; }

    /// <summary>Directory in a BPF file system for maps that are pinned by name.</summary>
    public string PinRoot { get; init; } = "/sys/fs/bpf";

    /// <summary>Lines <c>CONFIG_X=y</c> that override the kernel's configuration for Kconfig externs.</summary>
    public string? KernelConfiguration { get; init; }

    /// <summary>Maps to use instead of creating those of the same name; the caller keeps owning them.</summary>
    public IReadOnlyDictionary<string, BpfMap> ReplacementMaps { get; init; } = new Dictionary<string, BpfMap>();

    /// <summary>Permission to load inside a user namespace; null where the caller's own capabilities count. Requires at least Linux 6.9.</summary>
    public BpfToken? Token { get; init; }

    /// <summary>What the verifier logs about programs that load, for <see cref="BpfProgram.VerifierLog"/>. After a failure there is always a log.</summary>
    public VerifierLogLevel LogLevel { get; init; }
}
