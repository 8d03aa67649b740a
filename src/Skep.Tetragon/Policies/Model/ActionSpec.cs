using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>An entry of <c>matchActions</c> or <c>matchReturnActions</c>.</summary>
sealed record ActionSpec
{
    public required Position At { get; init; }

    public Located<string>? Action { get; init; }

    public Located<long>? Error { get; init; }

    public Located<long>? Signal { get; init; }

    public Located<long>? Socket { get; init; }

    /// <summary>Place in args of what Set changes.</summary>
    public Located<long>? Argument { get; init; }

    public Located<long>? Value { get; init; }

    public Located<string>? Url { get; init; }

    public Located<string>? Name { get; init; }

    public Located<string>? RateLimit { get; init; }

    public Located<string>? RateLimitScope { get; init; }

    public Located<bool>? KernelStack { get; init; }

    public Located<bool>? UserStack { get; init; }

    public Located<bool>? ImaHash { get; init; }

    /// <summary>Whether it says how a user program's registers are to be changed.</summary>
    public bool ChangesRegisters { get; init; }
}
