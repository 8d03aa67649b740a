using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Values;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>Translates <c>enforcers</c>: a request for each of their calls, where what <c>NotifyEnforcer</c> asked for is done.</summary>
sealed class EnforcerTranslator(PolicyDocument document, TranslationOptions options, DiagnosticBag bag)
{
    const string SecurityPrefix = "security_";

    readonly ListCatalogue _lists = new(document.Lists, options, bag);

    /// <param name="hooks">The policy's other requests.</param>
    public IReadOnlyList<HookRequest> Translate(IReadOnlyList<HookRequest> hooks)
    {
        if (document.Enforcers.Count == 0) return [];
        var notices = hooks.SelectMany(h => h.Rules).SelectMany(r => r.Actions.Concat(r.ReturnActions)).OfType<NotifyAction>().ToList();
        if (notices.Count == 0 && bag.Errors == 0 && bag.Unsupported == 0) bag.Warning(document.Enforcers[0].At, "enforcers: no selector has action NotifyEnforcer, nothing is enforced");
        var errors = notices.Exists(n => n.Error != 0);
        var targets = document.Enforcers.SelectMany(e => e.Calls.SelectMany(call => Targets(call).Select(t => (e.At, t.Target, t.MayBeMissing)))).DistinctBy(t => t.Target).ToList();
        bag.Spend(document.Enforcers[0].At, targets.Count * HookTranslator.CostOfRequest);
        return
        [
            .. targets.Select(t => new HookRequest
            {
                Target = t.Target,
                Enforces = true,
                EnforcesErrors = errors,
                // At the exit everything that the call met on its way has notified.
                WithReturn = t.Target is SyscallHook && !errors,
                MayBeMissing = t.MayBeMissing,
                Origin = $"{bag.File}:{t.At.Line}:{t.At.Column}",
            }),
        ];
    }

    IEnumerable<(HookTarget Target, bool MayBeMissing)> Targets(Located<string> call)
    {
        if (!ListCatalogue.IsReference(call.Value))
        {
            if (call.Value.StartsWith(SecurityPrefix, StringComparison.Ordinal)) return [(new FunctionHook(call.Value), false)];
            var name = SyscallName.Parse(call.Value);
            if (name.TryGetNumber(options.Architecture, out _)) return [(name.Hook, false)];
            bag.Error(call.At, $"calls: {_lists.Unknown(name)}; an enforcer acts at system calls and at security_ functions");
            return [];
        }
        if (_lists.Find(call) is not { } list) return [];
        if (ListCatalogue.HoldsSyscalls(list)) return _lists.Syscalls(list).Select(s => ((HookTarget)s.Hook, list.Type == ListSpec.GeneratedSyscalls));
        var functions = _lists.Functions(list);
        if (functions.FirstOrDefault(f => !f.StartsWith(SecurityPrefix, StringComparison.Ordinal)) is { } other)
        {
            bag.Error(call.At, $"calls: {Spelling.Quote(other)} of list {Spelling.Quote(list.Name.Value)} is neither a system call nor a security_ function; a list of system calls has type syscalls");
            return [];
        }
        return functions.Select(f => ((HookTarget)new FunctionHook(f), list.Type == ListSpec.GeneratedFunctions));
    }
}
