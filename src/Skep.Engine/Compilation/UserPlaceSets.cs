using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>The functions of one file that a policy treats alike, and that one link and one program can serve.</summary>
static class UserPlaceSets
{
    /// <summary>Takes such functions out of a policy's hooks.</summary>
    /// <returns>Sets, each with the number of its first hook, its programs' places and the request of every place by its number.</returns>
    public static List<(int Number, IReadOnlyList<ResolvedHook> Hooks, Dictionary<int, HookRequest> Members)> Take(List<(int Number, HookRequest Request, HookResolution Resolution)> resolved)
    {
        var sets = new List<(int, IReadOnlyList<ResolvedHook>, Dictionary<int, HookRequest>)>();
        var groups = resolved.Where(r => r is { Request.Target: UserFunctionHook, Resolution.Hooks: [{ Places: { IsMulti: true } }, ..] })
            // What a path starts from is a matter of each function.
            .Where(r => !r.Request.Values.Any(v => v is { Source: ValueSource.Argument, Path.Length: > 0, StartType: "" }))
            .GroupBy(r => (r.Request.Values, r.Request.Rules, r.Request.WithReturn, r.Resolution.Hooks[0].Places!.File, r.Resolution.Hooks[0].Places!.IsGo))
            .Where(g => g.Count() > 1)
            .Select(g => g.ToList())
            .ToList();
        foreach (var group in groups)
        {
            var target = new UserFunctionSetHook(((UserFunctionHook)group[0].Request.Target).Path, [.. group.Select(r => r.Request.Target)]);
            var joined = Enumerable.Range(0, group[0].Resolution.Hooks.Count)
                .Select(phase => UserHookResolver.Join([.. group.Select(r => r.Resolution.Hooks[phase])], target)).ToList();
            var members = joined[0].Members;
            if (members.Count < 2) continue;
            sets.Add((group[members[0]].Number, [.. joined.Select(j => j.Hook)], members.Select((member, place) => (member, place)).ToDictionary(m => m.place, m => group[m.member].Request)));
            foreach (var member in members) resolved.Remove(group[member]);
        }
        return sets;
    }
}
