using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>One entry of a section of hooks. The sections differ in few fields; those that a section does not have stay empty.</summary>
sealed record HookSpec
{
    public required HookSection Section { get; init; }

    public required Position At { get; init; }

    public bool IsOfProcess => Section is HookSection.Execution or HookSection.Exit;

    /// <summary><c>call</c>, <c>hook</c>, <c>event</c> or, of uprobes, <c>path</c>.</summary>
    public Located<string>? Target { get; init; }

    /// <summary>Of uprobes and usdts.</summary>
    public UserSpec User { get; init; } = new();

    public string Subsystem { get; init; } = "";

    public Located<bool>? Raw { get; init; }

    public Located<bool>? Syscall { get; init; }

    public Located<bool>? Return { get; init; }

    public Located<string>? Message { get; init; }

    public IReadOnlyList<Located<string>> Tags { get; init; } = [];

    public IReadOnlyList<ArgumentSpec> Arguments { get; init; } = [];

    public IReadOnlyList<ArgumentSpec> Data { get; init; } = [];

    public ArgumentSpec? ReturnArgument { get; init; }

    public Located<string>? ReturnArgumentAction { get; init; }

    public IReadOnlyList<SelectorSpec> Selectors { get; init; } = [];

    public bool CallMayBeMissing { get; init; }
}
