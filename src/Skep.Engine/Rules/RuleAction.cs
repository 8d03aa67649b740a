namespace Skep.Engine.Rules;

/// <summary>What happens when a rule matches.</summary>
public abstract record RuleAction;

/// <summary>An event is sent. Without any action this happens too.</summary>
/// <param name="RateLimit">At most one event in this time for the same values; null for no limit.</param>
/// <param name="Scope">Whose events a limit counts.</param>
/// <param name="KernelStack">Whether it carries the kernel's stack.</param>
/// <param name="UserStack">Whether it carries the process's stack.</param>
/// <param name="FileDigest">Whether it carries the digest of the file that a security hook is about.</param>
public sealed record PostAction(TimeSpan? RateLimit = null, RateLimitScope Scope = RateLimitScope.Thread, bool KernelStack = false, bool UserStack = false, bool FileDigest = false) : RuleAction;

/// <summary>No event is sent.</summary>
public sealed record NoPostAction : RuleAction;

/// <summary>A signal is sent to the process.</summary>
/// <param name="Signal">Its number.</param>
public sealed record SignalAction(int Signal) : RuleAction;

/// <summary>The function is not run, or its effect refused, and its caller gets an error.</summary>
/// <param name="Error">What the caller gets: a negated errno, 0 for success, rarely something else.</param>
public sealed record OverrideAction(int Error) : RuleAction;

/// <summary>An argument that is in the process's memory is changed.</summary>
/// <param name="Argument">Number of the hook's argument.</param>
/// <param name="Value">What it becomes: four bytes.</param>
public sealed record SetArgumentAction(int Argument, int Value) : RuleAction;

/// <summary>The socket's owner is remembered, so that later events of it can name the process.</summary>
/// <param name="Value">Place of the socket in <see cref="HookRequest.Values"/>.</param>
/// <param name="Track">Whether it is remembered or forgotten.</param>
public sealed record TrackSocketAction(int Value, bool Track) : RuleAction;

/// <summary>
/// The policy's enforcer is notified: when the thread comes to one of the functions of its <see cref="HookRequest.Enforces">enforcing requests</see>, this is done to it there, once.
/// </summary>
/// <param name="Error">What the function's caller gets in place of its result; 0 for the result.</param>
/// <param name="Signal">The signal that the process gets; 0 for none.</param>
public sealed record NotifyAction(int Error, int Signal) : RuleAction;

/// <summary>What the policy's enforcer was notified of and has not done yet is forgotten.</summary>
public sealed record ForgetNotificationAction : RuleAction;

/// <summary>Something that user space does for each event of the rule, some time after it: the kernel only posts.</summary>
public abstract record Reaction : RuleAction;

/// <summary>A page is fetched.</summary>
/// <param name="Url">Its address, http or https.</param>
public sealed record FetchUrlReaction(Uri Url) : Reaction;

/// <summary>The addresses of a name are looked up.</summary>
/// <param name="Name">The name.</param>
public sealed record LookUpNameReaction(string Name) : Reaction;

/// <summary>Whose events a rate limit counts.</summary>
public enum RateLimitScope
{
    /// <summary>Each thread's own.</summary>
    Thread,

    /// <summary>Each process's own.</summary>
    Process,

    /// <summary>All together.</summary>
    Global,
}
