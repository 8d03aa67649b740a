using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>An entry of <c>args</c> or <c>data</c>, or <c>returnArg</c>.</summary>
sealed record ArgumentSpec
{
    public required Position At { get; init; }

    public Located<long> Index { get; init; }

    /// <summary>Of executions and exits; empty where there is one that nobody knows.</summary>
    public Located<string>? Name { get; init; }

    /// <summary>Empty where there is one that nobody knows.</summary>
    public Located<string>? Type { get; init; }

    public Located<string>? Resolve { get; init; }

    /// <summary>From 1; 0 for none.</summary>
    public Located<long>? SizeIndex { get; init; }

    public bool ReturnCopy { get; init; }

    public Located<bool>? MaxData { get; init; }

    public string Label { get; init; } = "";

    public Located<string>? Source { get; init; }

    public string StartType { get; init; } = "";

    public string StartTypeModule { get; init; } = "";
}
