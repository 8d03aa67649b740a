using Skep.Engine.Rules;

namespace Skep.Engine.Hooks;

/// <summary>How one hook is attached on this kernel.</summary>
public sealed record ResolvedHook
{
    /// <summary>What was asked for.</summary>
    public required HookTarget Target { get; init; }

    /// <summary>Before or after it.</summary>
    public required HookPhase Phase { get; init; }

    /// <summary>The mechanism.</summary>
    public required HookMechanism Mechanism { get; init; }

    /// <summary>The section name that says so to the loader.</summary>
    public required string Section { get; init; }

    /// <summary>Why this mechanism and not another one.</summary>
    public required string Reason { get; init; }

    /// <summary>What a signal or an error at this place can still prevent.</summary>
    public required ActionStrength Strength { get; init; }

    /// <summary>Parameters and result, where the kernel's types tell.</summary>
    public FunctionSignature? Signature { get; init; }

    /// <summary>The record, for tracepoints.</summary>
    public TracepointFormat? Format { get; init; }

    /// <summary>Where it is in a program or library; null for hooks of the kernel.</summary>
    public UserPlaces? Places { get; init; }
}
