namespace Skep.Cli.Doctor;

/// <summary>What <c>skep doctor</c> prints.</summary>
sealed record DoctorReport
{
    public required bool CanRun { get; init; }
    public required string Kernel { get; init; }
    public required string Architecture { get; init; }
    public required string Jit { get; init; }
    public int? JitHardening { get; init; }
    public required string Lockdown { get; init; }
    public IReadOnlyList<string>? ActiveLsms { get; init; }
    public required bool Btf { get; init; }
    public required uint User { get; init; }
    public required IReadOnlyDictionary<string, bool> Capabilities { get; init; }
    public int? UnprivilegedBpfDisabled { get; init; }
    public int? KptrRestrict { get; init; }
    public int? PerfEventParanoid { get; init; }
    public string? MemlockLimit { get; init; }
    public string? Cgroup2 { get; init; }
    public required IReadOnlyList<string> Cgroup1 { get; init; }
    public required IReadOnlyList<string> Bpffs { get; init; }
    public string? Tracefs { get; init; }
    public required IReadOnlyList<DoctorFinding> Features { get; init; }
}
