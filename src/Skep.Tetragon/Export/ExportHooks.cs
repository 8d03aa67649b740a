using System.Runtime.CompilerServices;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>How the events of each hook are printed, prepared when the first one comes.</summary>
sealed class ExportHooks
{
    readonly ConditionalWeakTable<HookRequest, ExportHook> _hooks = [];

    public ExportHook Of(in HookEvent hookEvent) => Of(hookEvent.Request, hookEvent.PolicyName ?? "");

    /// <summary>Of the rules that wanted an execution or exit the one whose policy has something to say: it acted, or its author wrote a message or tags.</summary>
    public bool TryFindSpoken(ReadOnlySpan<ProcessMatch> matches, out ProcessMatch spoken, out ExportHook? hook)
    {
        (spoken, hook) = (default, null);
        foreach (var match in matches)
        {
            var candidate = Of(match.Request, match.PolicyName);
            var acted = (match.Actions & MatchActions.Signal) != 0;
            if (!acted && (hook is not null || candidate is { Message.Length: 0, Tags.Length: 0 })) continue;
            (spoken, hook) = (match, candidate);
            if (acted) break;
        }
        return hook is not null;
    }

    ExportHook Of(HookRequest request, string policyName)
    {
        if (_hooks.TryGetValue(request, out var known)) return known;
        var hook = request.Tag is IExportedHook tag ? tag.ExportOf(request) : ExportHook.From(request, policyName);
        _hooks.AddOrUpdate(request, hook);
        return hook;
    }
}
