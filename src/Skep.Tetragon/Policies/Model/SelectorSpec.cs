using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>An entry of <c>selectors</c>, a macro, or a group of <c>matchAny</c>. A field that is not there is null: macros are merged by that.</summary>
sealed record SelectorSpec
{
    public required Position At { get; init; }

    public Located<string>? Label { get; init; }

    public IReadOnlyList<Located<string>>? Macros { get; init; }

    public IReadOnlyList<PidMatch>? Pids { get; init; }

    public IReadOnlyList<ArgumentMatch>? Arguments { get; init; }

    public IReadOnlyList<ArgumentMatch>? Data { get; init; }

    public IReadOnlyList<ArgumentMatch>? ReturnArguments { get; init; }

    public IReadOnlyList<ArgumentMatch>? CommandArguments { get; init; }

    public IReadOnlyList<BinaryMatch>? Binaries { get; init; }

    public IReadOnlyList<BinaryMatch>? ParentBinaries { get; init; }

    public IReadOnlyList<NamespaceMatch>? Namespaces { get; init; }

    public IReadOnlyList<NamespaceMatch>? NamespaceChanges { get; init; }

    public IReadOnlyList<CapabilityMatch>? Capabilities { get; init; }

    public IReadOnlyList<CapabilityMatch>? CapabilityChanges { get; init; }

    public WorkloadSpec? Workloads { get; init; }

    public CelMatch? Expression { get; init; }

    /// <summary>Groups of conditions, any of which is enough.</summary>
    public IReadOnlyList<SelectorSpec>? Any { get; init; }

    public IReadOnlyList<ActionSpec>? Actions { get; init; }

    public IReadOnlyList<ActionSpec>? ReturnActions { get; init; }
}
