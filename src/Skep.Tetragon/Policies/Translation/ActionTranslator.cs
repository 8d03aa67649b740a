using System.Globalization;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>Translates actions. All of them but NoPost post too.</summary>
sealed class ActionTranslator(PolicyDocument document, DiagnosticBag bag)
{
    const int Kill = 9;
    const int LastSignal = 64;
    const int LastErrno = 4095;
    const long LongestHours = 24 * 365;

    /// <summary>Actions at the hook. NoPost wins over Post; where only other actions are named the event is posted, and names the last of those.</summary>
    public IReadOnlyList<RuleAction> Translate(SelectorSpec selector, HookSpec hook, HookValues values)
    {
        var actions = Actions(selector.Actions ?? [], hook, values, atReturn: false);
        if (actions.Exists(a => a is Reaction) && actions.Exists(a => a is NoPostAction)) bag.Error(selector.At, "action: GetUrl and DnsLookup come after an event, which NoPost forbids");
        if (actions.Exists(a => a is NoPostAction)) actions.RemoveAll(a => a is PostAction);
        else if (actions.Count > 0 && !actions.Exists(a => a is PostAction)) actions.Insert(0, new PostAction());
        return actions;
    }

    /// <summary>Actions when the function has returned.</summary>
    public IReadOnlyList<RuleAction> TranslateReturned(SelectorSpec selector, HookSpec hook, HookValues values)
    {
        var actions = Actions(selector.ReturnActions ?? [], hook, values, atReturn: true);
        if (hook.ReturnArgumentAction is not { } track) return actions;
        if (values.ReturnPlace < 0) bag.Error(track.At, $"returnArgAction: {track.Value} needs return: true and a returnArg");
        else if (values.Specs[values.ReturnPlace].Kind is not (ValueKind.Sock or ValueKind.Socket)) bag.Error(track.At, $"returnArgAction: {track.Value} needs a returnArg of type sock");
        else actions.Add(new TrackSocketAction(values.ReturnPlace, track.Value == "TrackSock"));
        return actions;
    }

    List<RuleAction> Actions(IReadOnlyList<ActionSpec> specs, HookSpec hook, HookValues values, bool atReturn)
    {
        var actions = new List<RuleAction>();
        foreach (var spec in specs)
        {
            if (spec.Action is { } name && Translate(spec, name, hook, values, atReturn) is { } action) actions.Add(action);
        }
        return actions;
    }

    RuleAction? Translate(ActionSpec spec, Located<string> name, HookSpec hook, HookValues values, bool atReturn)
    {
        if (name.Value != "Post") CheckOnlyPost(spec, name.Value);
        switch (name.Value)
        {
            case "Post":
                if (hook.IsOfProcess && (spec.KernelStack ?? spec.UserStack) is { Value: true } stack) bag.Error(stack.At, "an execution or exit has no stack of interest");
                return Post(spec, hook);
            case "Signal" or "Sigkill" when hook.Section == HookSection.Exit:
                bag.Error(name.At, $"action: {name.Value} does nothing to a process that ends");
                return null;
            case "Override" when hook.IsOfProcess:
                bag.Error(name.At, hook.Section == HookSection.Exit ? "action: an exit cannot be refused" : "action: an execution cannot be given an error here; Sigkill ends the program before its first instruction");
                return null;
            case "NoPost":
                return new NoPostAction();
            case "Sigkill":
                return new SignalAction(Kill);
            case "Signal":
                return Signal(spec);
            case "Override":
                return Override(spec, name, hook, atReturn);
            case "TrackSock" or "UntrackSock":
                var place = values.Socket(spec.Socket ?? new(0, spec.At));
                return place < 0 ? null : new TrackSocketAction(place, name.Value == "TrackSock");
            case "Set":
                return Set(spec, name, hook);
            case "NotifyEnforcer":
                return Notify(spec, name, hook);
            case "CleanupEnforcerNotification":
                if (CanNotify(name, hook)) return new ForgetNotificationAction();
                return null;
            case "GetUrl" or "DnsLookup" when hook.Section is HookSection.Uprobe or HookSection.Usdt:
                bag.Error(name.At, $"action: {name.Value} is not possible in uprobes and usdts");
                return null;
            case "GetUrl":
                return Fetch(spec, name);
            default:
                return LookUp(spec, name);
        }
    }

    void CheckOnlyPost(ActionSpec spec, string name)
    {
        if (spec.RateLimit is { } limit) bag.Error(limit.At, $"rateLimit: only for action Post, not {name}");
        if (spec.KernelStack is { Value: true } kernel) bag.Error(kernel.At, $"kernelStackTrace: only for action Post, not {name}");
        if (spec.UserStack is { Value: true } user) bag.Error(user.At, $"userStackTrace: only for action Post, not {name}");
        if (spec.ImaHash is { Value: true } hash) bag.Error(hash.At, $"imaHash: only for action Post, not {name}");
    }

    PostAction Post(ActionSpec spec, HookSpec hook)
    {
        var isUser = hook.Section is HookSection.Uprobe or HookSection.Usdt;
        if (isUser && spec.KernelStack is { Value: true } kernel) bag.Warning(kernel.At, "kernelStackTrace: events of uprobes and usdts show no stacks");
        if (isUser && spec.UserStack is { Value: true } user) bag.Warning(user.At, "userStackTrace: events of uprobes and usdts show no stacks");
        var digest = spec.ImaHash is { Value: true };
        if (digest && !(hook.Section == HookSection.Lsm && hook.Target is { } target && Vocabulary.DigestHooks.Contains(target.Value)))
            bag.Error(spec.ImaHash!.Value.At, $"imaHash: only at lsmhooks {string.Join(", ", Vocabulary.DigestHooks)}");
        if (spec.RateLimitScope is { } scope && spec.RateLimit is null) bag.Warning(scope.At, "rateLimitScope: has no effect without rateLimit");
        var scopeOfLimit = spec.RateLimitScope?.Value switch
        {
            "process" => RateLimitScope.Process,
            "global" => RateLimitScope.Global,
            _ => RateLimitScope.Thread,
        };
        return new(spec.RateLimit is { } limit ? Period(limit) : null, scopeOfLimit, spec.KernelStack?.Value ?? false, spec.UserStack?.Value ?? false, digest);
    }

    TimeSpan? Period(Located<string> limit)
    {
        var digits = limit.Value.TrimEnd('s', 'm', 'h');
        var unit = limit.Value[digits.Length..];
        var seconds = unit switch { "" or "s" => 1L, "m" => 60L, "h" => 3600L, _ => 0L };
        if (seconds > 0 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= LongestHours * 3600 / seconds)
            return count == 0 ? null : TimeSpan.FromSeconds(count * seconds);
        bag.Error(limit.At, $"rateLimit: {Spelling.Quote(limit.Value)} is no time as in 5, 5s, 5m or 5h");
        return null;
    }

    SignalAction? Signal(ActionSpec spec)
    {
        if (spec.Signal is { Value: >= 1 and <= LastSignal } signal) return new((int)signal.Value);
        if (spec.Signal is { } wrong) bag.Error(wrong.At, $"argSig: {wrong.Value} is not in 1 to {LastSignal}");
        else bag.Error(spec.At, "argSig: action Signal needs one");
        return null;
    }

    bool CanNotify(Located<string> name, HookSpec hook)
    {
        if (document.Enforcers.Count == 0) bag.Error(name.At, $"action: {name.Value} needs enforcers in the policy");
        else if (hook.IsOfProcess) bag.Error(name.At, $"action: {name.Value} is not possible at executions and exits");
        else if (hook.Section == HookSection.Lsm) bag.Error(name.At, $"action: {name.Value} is not possible in lsmhooks, which can refuse by themselves: Override");
        else return true;
        return false;
    }

    NotifyAction? Notify(ActionSpec spec, Located<string> name, HookSpec hook)
    {
        if (!CanNotify(name, hook)) return null;
        var (error, signal) = (spec.Error?.Value ?? 0, spec.Signal?.Value ?? 0);
        if (signal is < 0 or > LastSignal) bag.Error(spec.Signal!.Value.At, $"argSig: {signal} is not in 1 to {LastSignal}");
        else if (error is < -LastErrno or > 0) bag.Error(spec.Error!.Value.At, $"argError: {error} is not in -{LastErrno} to 0");
        else if (error == 0 && signal == 0) bag.Error(name.At, "action: NotifyEnforcer needs argError or argSig");
        else return new NotifyAction((int)error, (int)signal);
        return null;
    }

    FetchUrlReaction? Fetch(ActionSpec spec, Located<string> name)
    {
        if (spec.Url is not { } url) bag.Error(name.At, "argUrl: action GetUrl needs one");
        else if (Uri.TryCreate(url.Value, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https") return new FetchUrlReaction(parsed);
        else bag.Error(url.At, $"argUrl: {Spelling.Quote(url.Value)} is no address that begins with http:// or https://");
        return null;
    }

    LookUpNameReaction? LookUp(ActionSpec spec, Located<string> name)
    {
        if (spec.Name is not { } host) bag.Error(name.At, "argFqdn: action DnsLookup needs one");
        else if (Uri.CheckHostName(host.Value) == UriHostNameType.Dns) return new LookUpNameReaction(host.Value);
        else bag.Error(host.At, $"argFqdn: {Spelling.Quote(host.Value)} is no name of a host");
        return null;
    }

    SetArgumentAction? Set(ActionSpec spec, Located<string> name, HookSpec hook)
    {
        if (hook.Section != HookSection.Usdt)
        {
            bag.Error(name.At, "action: Set is only for usdts");
            return null;
        }
        var place = spec.Argument ?? new(0, spec.At);
        if (place.Value >= 0 && place.Value < hook.Arguments.Count) return new((int)hook.Arguments[(int)place.Value].Index.Value, (int)(spec.Value?.Value ?? 0));
        bag.Error(place.At, $"argIndex: there is no entry {place.Value} of args");
        return null;
    }

    OverrideAction? Override(ActionSpec spec, Located<string> name, HookSpec hook, bool atReturn)
    {
        if (hook.Section is HookSection.Tracepoint or HookSection.Usdt) bag.Error(name.At, $"action: a {(hook.Section == HookSection.Usdt ? "usdt" : "tracepoint")} cannot override anything");
        else if (atReturn) bag.Error(name.At, "action: Override is too late when the function has returned");
        if (spec.ChangesRegisters && hook.Section != HookSection.Uprobe) bag.Error(name.At, "action: argRegs, argNewSymbol, argNewAddr and argNewOffset are only for uprobes");
        if (spec.ChangesRegisters && hook.Section == HookSection.Uprobe)
        {
            bag.NotSupported(name.At, "action: Override with argRegs, argNewSymbol, argNewAddr or argNewOffset is not supported: no kernel that Skep is tested on lets programs write registers at a uprobe");
            return null;
        }
        var error = spec.Error ?? new(0, spec.At);
        // Published policies have 1 here, which callers of hooks that return 0 or an error take for a failure.
        if (error.Value is > 0 and <= LastErrno) bag.Warning(error.At, $"argError: errors are negative, the caller gets {error.Value} as it is");
        if (error.Value is >= -LastErrno and <= LastErrno) return new((int)error.Value);
        bag.Error(error.At, $"argError: {error.Value} is not in -{LastErrno} to {LastErrno}");
        return null;
    }
}
