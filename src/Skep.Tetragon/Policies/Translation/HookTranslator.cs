using Skep.Engine.Hooks;
using Skep.Engine.Rules;
using Skep.Tetragon.Export;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Values;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>Translates one entry of a section into requests: one, or one for each member of a list.</summary>
sealed class HookTranslator(PolicyDocument document, TranslationOptions options, DiagnosticBag bag)
{
    /// <summary>A request takes far more memory than a value in a condition.</summary>
    public const int CostOfRequest = 16;

    readonly ListCatalogue _lists = new(document.Lists, options, bag);
    readonly MacroExpansion _macros = new(document.Macros, bag);
    readonly ActionTranslator _actions = new(document, bag);

    public string Namespace { get; init; } = "";

    public IReadOnlyList<HookRequest> Translate(HookSpec hook)
    {
        if (hook.Section is HookSection.Uprobe or HookSection.Usdt && document.Namespaced)
        {
            bag.Error(hook.At, $"{Name(hook.Section)}: not possible in a TracingPolicyNamespaced: a file is probed for all of the host");
        }
        if (hook.Target is null && !hook.IsOfProcess) return [];
        var targets = hook.IsOfProcess ? [new Place(hook.Section == HookSection.Execution ? new ExecutionHook() : new ExitHook(), "", false)] : Targets(hook, hook.Target!.Value).ToList();
        var values = new HookValues(hook, targets is [{ Hook: SyscallHook }, ..], bag);
        var rules = Rules(hook, values);
        if (hook.Section == HookSection.Usdt)
        {
            var changed = rules.SelectMany(r => r.Actions).OfType<SetArgumentAction>().Select(a => a.Argument).Distinct().ToList();
            targets = [.. targets.Select(t => t with { Hook = (UsdtHook)t.Hook with { Changed = changed } })];
        }
        var tag = new HookTag
        {
            Policy = document.Name.Value,
            Namespace = Namespace,
            Section = hook.Section,
            Path = hook.Section is HookSection.Uprobe or HookSection.Usdt ? hook.Target!.Value.Value : "",
            Provider = hook.User.Provider,
            Subsystem = hook.Subsystem,
            Event = hook.Section == HookSection.Tracepoint ? hook.Target!.Value.Value : "",
            Message = hook.Message?.Value ?? "",
            Tags = [.. hook.Tags.Select(t => t.Value)],
            Values = values.Tags,
            ArgumentCount = hook.Arguments.Count,
            DataCount = hook.Data.Count,
            ReturnValue = values.ReturnPlace,
            Rules = [.. rules.Select(ExportRule.From)],
        };
        bag.Spend(hook.At, targets.Count * CostOfRequest);
        return
        [
            .. targets.Select(t => new HookRequest
            {
                Target = t.Hook,
                Values = values.Specs,
                WithReturn = values.WithReturn,
                Rules = rules,
                MayBeMissing = t.MayBeMissing,
                Origin = $"{bag.File}:{hook.At.Line}:{hook.At.Column}",
                Tag = tag with { Function = t.Function, Offset = t.Hook is UserFunctionHook f ? f.Offset ?? 0 : 0, Counter = (t.Hook as UserFunctionHook)?.Counter ?? 0 },
            }),
        ];
    }

    readonly record struct Place(HookTarget Hook, string Function, bool MayBeMissing);

    IEnumerable<Place> Targets(HookSpec hook, Located<string> target)
    {
        switch (hook.Section)
        {
            case HookSection.Tracepoint:
                yield return new(hook.Raw is { Value: true } ? new RawTracepointHook(target.Value) : new TracepointHook(hook.Subsystem, target.Value), "", false);
                break;
            case HookSection.Lsm:
                yield return new(new SecurityHook(target.Value), target.Value, false);
                break;
            case HookSection.Uprobe:
                foreach (var place in UserFunctions(hook, target)) yield return place;
                break;
            case HookSection.Usdt:
                yield return new(new UsdtHook(target.Value, hook.User.Provider, hook.User.Name) { IsSingle = IsSingle }, hook.User.Name, false);
                break;
            case var _ when ListCatalogue.IsReference(target.Value):
                foreach (var place in Members(hook, target)) yield return place;
                break;
            case var _ when hook.Syscall is null or { Value: true }:
                var name = SyscallName.Parse(target.Value);
                CheckSyscall(hook, target, name);
                yield return new(name.Hook, name.Function(options.Architecture), hook.CallMayBeMissing);
                break;
            default:
                yield return new(new FunctionHook(target.Value), target.Value, hook.CallMayBeMissing);
                break;
        }
    }

    /// <summary>Whether the policy wants no uprobe.multi.</summary>
    bool IsSingle => document.Options.Any(o => o.Name.Value == PolicyTranslator.UprobeSwitch && PolicyTranslator.IsTrue(o.Value));

    IEnumerable<Place> UserFunctions(HookSpec hook, Located<string> path)
    {
        var user = hook.User;
        var function = new UserFunctionHook(path.Value) { Digests = [.. user.Digests.Select(d => d.Value)], IsSingle = IsSingle };
        ulong Counter(int place) => place < user.Counters.Count ? (ulong)user.Counters[place].Value : 0;
        for (var i = 0; i < user.Symbols.Count; i++) yield return new(function with { Symbol = user.Symbols[i].Value, Counter = Counter(i) }, user.Symbols[i].Value, user.DigestFailureIsIgnored);
        for (var i = 0; i < user.Offsets.Count; i++) yield return new(function with { Offset = (ulong)user.Offsets[i].Value, Counter = Counter(i) }, "", user.DigestFailureIsIgnored);
        for (var i = 0; i < user.Addresses.Count; i++) yield return new(function with { Address = (ulong)user.Addresses[i].Value, Counter = Counter(i) }, $"0x{user.Addresses[i].Value:x}", user.DigestFailureIsIgnored);
    }

    static string Name(HookSection section) => section switch
    {
        HookSection.Uprobe => "uprobes",
        HookSection.Usdt => "usdts",
        HookSection.Lsm => "lsmhooks",
        HookSection.Tracepoint => "tracepoints",
        HookSection.Fentry => "fentries",
        HookSection.Execution => "executions",
        HookSection.Exit => "exits",
        _ => "kprobes",
    };

    // A list tells by its type whether it holds system calls; syscall of the hook is not looked at.
    IEnumerable<Place> Members(HookSpec hook, Located<string> reference)
    {
        if (_lists.Find(reference) is not { } list) yield break;
        if (!ListCatalogue.HoldsSyscalls(list))
        {
            foreach (var function in _lists.Functions(list)) yield return new(new FunctionHook(function), function, hook.CallMayBeMissing);
            yield break;
        }
        // The table knows more of them than a kernel that was built without some.
        var mayBeMissing = hook.CallMayBeMissing || list.Type == ListSpec.GeneratedSyscalls;
        foreach (var name in _lists.Syscalls(list)) yield return new(name.Hook, name.Function(options.Architecture), mayBeMissing);
    }

    void CheckSyscall(HookSpec hook, Located<string> target, SyscallName name)
    {
        if (hook.CallMayBeMissing || name.TryGetNumber(options.Architecture, out _)) return;
        // syscall is true unless said otherwise, which authors of hooks on functions forget.
        if (hook.Syscall is null && name.Name == target.Value) bag.Error(target.At, $"call: {_lists.Unknown(name)}; a kernel function needs syscall: false");
        else bag.Error(target.At, $"call: {_lists.Unknown(name)}");
    }

    List<Rule> Rules(HookSpec hook, HookValues values)
    {
        // A hook without selectors posts everything, and still tracks what it returns.
        var selectors = hook.Selectors.Count == 0 && hook.ReturnArgumentAction is not null ? [new SelectorSpec { At = hook.At }] : hook.Selectors;
        var conditions = new SelectorConditions(_lists, bag);
        var rules = new List<Rule>();
        foreach (var written in selectors)
        {
            var selector = WithoutForeign(hook, _macros.Expand(written));
            rules.Add(new()
            {
                When = conditions.Translate(selector, values),
                WhenReturned = conditions.TranslateReturned(selector, values),
                Actions = _actions.Translate(selector, hook, values),
                ReturnActions = _actions.TranslateReturned(selector, hook, values),
                Label = selector.Label?.Value ?? "",
            });
        }
        return rules;
    }

    // At an execution the process's record has just been renewed, and at an exit it is about to go.
    void CheckProcessSelector(SelectorSpec selector, string section)
    {
        foreach (var group in (selector.Any ?? []).Prepend(selector))
        {
            if (section == "exits" && group.CommandArguments is { Count: > 0 } arguments) bag.Error(arguments[0].At, "matchCmdArgs: the memory of a process that ends may be gone, and its arguments with it");
            if (group.NamespaceChanges is { Count: > 0 } namespaces) bag.Error(namespaces[0].At, $"matchNamespaceChanges: {section} change nothing");
            if (group.CapabilityChanges is { Count: > 0 } capabilities) bag.Error(capabilities[0].At, $"matchCapabilityChanges: {section} change nothing");
        }
    }

    // What a section does not have is complained of once, and not looked at again.
    SelectorSpec WithoutForeign(HookSpec hook, SelectorSpec selector)
    {
        if (hook.Section is HookSection.Kprobe or HookSection.Fentry or HookSection.Uprobe)
        {
            if (selector.ReturnActions is { Count: > 0 } late && hook.Return is not { Value: true }) bag.Error(late[0].At, "matchReturnActions needs return: true");
            return selector;
        }
        var section = Name(hook.Section);
        if (hook.IsOfProcess) CheckProcessSelector(selector, section);
        if (selector.ReturnArguments is { Count: > 0 } returned) bag.Error(returned[0].At, $"matchReturnArgs: {section} return nothing");
        if (selector.ReturnActions is { Count: > 0 } actions) bag.Error(actions[0].At, $"matchReturnActions: {section} return nothing");
        if (selector.Data is { Count: > 0 } data) bag.Error(data[0].At, $"matchData: {section} have no data");
        return selector with { ReturnArguments = null, ReturnActions = null, Data = null };
    }
}
