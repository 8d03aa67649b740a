using System.Runtime.CompilerServices;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>How the events of each hook are printed, prepared when the first one comes.</summary>
sealed class ExportHooks
{
    readonly ConditionalWeakTable<HookRequest, ExportHook> _hooks = [];

    public ExportHook Of(in HookEvent hookEvent)
    {
        var request = hookEvent.Request;
        if (_hooks.TryGetValue(request, out var known)) return known;
        var hook = request.Tag is IExportedHook tag ? tag.ExportOf(request) : ExportHook.From(request, hookEvent.PolicyName ?? "");
        _hooks.AddOrUpdate(request, hook);
        return hook;
    }
}
