using System.Globalization;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>What is wrong with policies whatever the kernel: patterns that nothing can read, and actions that wait for what only user space decides.</summary>
public static class PolicyCheck
{
    /// <summary>Everything that is wrong with a policy, at the places of its hooks.</summary>
    public static IReadOnlyList<Diagnostic> Check(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var limits = new PatternLimits();
        return [.. policy.Hooks.SelectMany(hook => Errors(hook, limits).Select(message => At(hook.Origin, message)))];
    }

    /// <summary>What of a rule the kernel cannot decide, and why: user space drops the events that do not meet it. Empty for a rule that is exact in the kernel.</summary>
    public static IReadOnlyList<(Condition Atom, string Reason)> LeftToUserSpace(Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return [.. new PatternLimits().LeftOutOf(rule).Select(left => (left.Atom, left.Why.Message))];
    }

    internal static IEnumerable<string> Errors(HookRequest request, PatternLimits limits)
    {
        var wrong = request.Rules.SelectMany(PatternLimits.AtomsOf).SelectMany(PatternLimits.PatternsOf).Distinct()
            .Select(pattern => limits.WhyWrong(pattern) is { } why ? $"{pattern}: {why}" : null).OfType<string>().ToList();
        if (wrong.Count > 0) return wrong;
        return request.Target is ExecutionHook or ExitHook && StackOf(request) is { } stack ? [stack] : Inexact(request, limits);
    }

    static string? StackOf(HookRequest request) =>
        request.Rules.Any(r => r.Actions.OfType<PostAction>().Any(p => p.KernelStack || p.UserStack)) ? $"{request.Target}: there is no stack of interest here" : null;

    /// <summary>What is done in the kernel must be decided there, and so must all rules before it, which go first.</summary>
    static IEnumerable<string> Inexact(HookRequest request, PatternLimits limits)
    {
        string? undecided = null;
        for (var i = 0; i < request.Rules.Count; i++)
        {
            var rule = request.Rules[i];
            var (atom, why) = limits.LeftOutOf(rule).FirstOrDefault();
            if (atom is not null) undecided ??= $"it cannot decide {(rule.Label.Length > 0 ? $"'{rule.Label}', " : "")}rule {i}: {ConditionPrinter.Print(atom)}: {why.Message}";
            if (undecided is not null && KernelActionOf(rule) is { } action) yield return $"{action} of rule {i} is up to the kernel alone, and {undecided}";
        }
    }

    /// <summary>What a rule does in the kernel; null for one that observes.</summary>
    internal static string? KernelActionOf(Rule rule)
    {
        foreach (var action in rule.Actions.Concat(rule.ReturnActions))
        {
            switch (action)
            {
                case SignalAction: return "the signal";
                case OverrideAction: return "the error";
                case SetArgumentAction: return "the new value";
                case NotifyAction: return "the notification of the enforcer";
                case ForgetNotificationAction: return "taking back a notification";
                case TrackSocketAction: return "the tracking of sockets";
                case PostAction { RateLimit: not null }: return "the rate limit";
            }
        }
        return null;
    }

    /// <summary>An origin is <c>file:line:column</c>; the file's name may have colons of its own.</summary>
    static Diagnostic At(string origin, string message)
    {
        var column = origin.LastIndexOf(':');
        var line = column > 0 ? origin.LastIndexOf(':', column - 1) : -1;
        return line > 0
            && int.TryParse(origin.AsSpan(line + 1, column - line - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var l)
            && int.TryParse(origin.AsSpan(column + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var c)
            ? new Diagnostic(Severity.Error, message, origin[..line], l, c)
            : new Diagnostic(Severity.Error, message, origin, 1, 1);
    }
}
