using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>What entries of <c>uprobes</c> and <c>usdts</c> have beside their <c>path</c>. At most one of symbols, offsets and addresses is not empty.</summary>
sealed record UserSpec
{
    public IReadOnlyList<Located<string>> Symbols { get; init; } = [];

    public IReadOnlyList<Located<long>> Offsets { get; init; } = [];

    public IReadOnlyList<Located<long>> Addresses { get; init; } = [];

    /// <summary>One for each place, or none.</summary>
    public IReadOnlyList<Located<long>> Counters { get; init; } = [];

    public IReadOnlyList<Located<string>> Digests { get; init; } = [];

    public bool DigestFailureIsIgnored { get; init; }

    public string TypesFile { get; init; } = "";

    /// <summary>Of usdts.</summary>
    public string Provider { get; init; } = "";

    /// <summary>Of usdts.</summary>
    public string Name { get; init; } = "";
}
