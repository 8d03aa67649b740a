using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>A TracingPolicy as it was written, with the places of everything that can be wrong.</summary>
sealed record PolicyDocument
{
    public required Position At { get; init; }

    public bool Namespaced { get; init; }

    public required Located<string> Name { get; init; }

    public Located<string>? Namespace { get; init; }

    /// <summary>Hooks of all sections, section by section.</summary>
    public IReadOnlyList<HookSpec> Hooks { get; init; } = [];

    public IReadOnlyList<ListSpec> Lists { get; init; } = [];

    public IReadOnlyList<OptionSpec> Options { get; init; } = [];

    public IReadOnlyList<EnforcerSpec> Enforcers { get; init; } = [];

    public Located<bool>? Loader { get; init; }

    public IReadOnlyList<(Located<string> Name, SelectorSpec Selector)> Macros { get; init; } = [];

    public WorkloadSpec Scope { get; init; } = WorkloadSpec.Everything;

    public LabelSelectorSpec? NodeSelector { get; init; }
}
