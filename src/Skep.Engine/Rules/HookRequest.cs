namespace Skep.Engine.Rules;

/// <summary>One hook of one policy: what is captured there and which rules look at it.</summary>
public sealed record HookRequest
{
    /// <summary>Where.</summary>
    public required HookTarget Target { get; init; }

    /// <summary>What is captured, in the dialect's order: conditions refer to these by place.</summary>
    public IReadOnlyList<ValueSpec> Values { get; init; } = [];

    /// <summary>Whether the event is complete only when the function has returned.</summary>
    public bool WithReturn { get; init; }

    /// <summary>The rules in order: the first one that matches is taken. None at all means: everything is posted.</summary>
    public IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>Whether it is not looked at, but what a <see cref="NotifyAction"/> of the same policy asked for is done here; it has no rules then, and no events.</summary>
    public bool Enforces { get; init; }

    /// <summary>Whether a notification may ask for an error to be returned.</summary>
    public bool EnforcesErrors { get; init; }

    /// <summary>Whether an error is returned in place of what would happen.</summary>
    internal bool Overrides => EnforcesErrors || Rules.Any(r => r.Actions.Any(a => a is OverrideAction));

    /// <summary>Whether something is done before it happens.</summary>
    internal bool Acts => Rules.Any(r => r.Actions.Any(a => a is OverrideAction or SignalAction or SetArgumentAction or TrackSocketAction or NotifyAction or ForgetNotificationAction));

    /// <summary>Whether the policy goes without this hook where the kernel has no such function.</summary>
    public bool MayBeMissing { get; init; }

    /// <summary>Where the policy's author wrote it, for messages: <c>file:line:column</c>.</summary>
    public string Origin { get; init; } = "";

    /// <summary>The dialect's own data about this hook, handed back with its events.</summary>
    public object? Tag { get; init; }
}
