namespace Skep.Bpf;

/// <summary>How a USDT probe is attached.</summary>
public sealed record UsdtOptions
{
    /// <summary>Probe only this process, and take the path as it sees it; 0 for every process.</summary>
    public int ProcessId { get; init; }

    /// <summary>What the program reads as its cookie: by <c>usdt_cookie</c> with <see cref="Specs"/>, else by <c>bpf_get_attach_cookie</c>.</summary>
    public ulong Cookie { get; init; }

    /// <summary>The program's table of argument specifications; null for programs that do not read arguments.</summary>
    public UsdtSpecTable? Specs { get; init; }
}
