using Skep.Bpf;
using Skep.Bpf.Interop;

namespace Skep.Engine.Runtime;

/// <summary>
/// Everything in the kernel that belongs to engines, of whichever agent, also of one that is gone. Few of an engine's objects have a name of their own, but none is alone: each gate has
/// the program <c>skep_gate</c> and the table <c>skep_gate_slots</c>, every other program has the constants <c>skep.rodata</c>, and all of them use
/// the same settings. So: what has such a name, the maps that those programs use, the programs that use these maps, and the links of all.
/// </summary>
public static class EngineObjects
{
    const string ConstantsPrefix = "skep.";

    /// <summary>Looks through all objects of the kernel. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfSyscallException">The user may not list objects.</exception>
    public static IReadOnlyList<EngineObject> Find()
    {
        var (programs, maps) = (new Dictionary<uint, ProgramInfo>(), new Dictionary<uint, string>());
        foreach (var id in ObjectIds.Programs)
        {
            if (!BpfProgram.TryFromId(id, out var program)) continue;
            using (program) programs[id] = program.GetInfo();
        }
        foreach (var id in ObjectIds.Maps)
        {
            if (!BpfMap.TryFromId(id, out var map)) continue;
            using (map) maps[id] = map.GetInfo().Name;
        }
        var ownMaps = maps.Where(m => m.Value == HookGate.SlotsName || m.Value.StartsWith(ConstantsPrefix, StringComparison.Ordinal)).Select(m => m.Key).ToHashSet();
        var ownPrograms = new HashSet<uint>();
        for (var known = -1; known != ownPrograms.Count;)
        {
            known = ownPrograms.Count;
            foreach (var (id, program) in programs)
            {
                if (program.KernelName != HookGate.ProgramName && !program.MapIds.Any(ownMaps.Contains)) continue;
                ownPrograms.Add(id);
                ownMaps.UnionWith(program.MapIds);
            }
        }
        var found = new List<EngineObject>();
        found.AddRange(ownPrograms.Order().Select(id => new EngineObject("prog", id, programs[id].KernelName)));
        found.AddRange(ownMaps.Order().Select(id => new EngineObject("map", id, maps.GetValueOrDefault(id, "?"))));
        foreach (var id in ObjectIds.Links)
        {
            if (!BpfLink.TryFromId(id, out var link)) continue;
            using (link)
            {
                if (link.GetInfo().ProgramId is var program && ownPrograms.Contains(program)) found.Add(new EngineObject("link", id, programs[program].KernelName));
            }
        }
        return found;
    }

    /// <summary>Those of <see cref="Find"/> that the engine has which is pinned in a directory; none when nothing is.</summary>
    public static IReadOnlyList<EngineObject> FindPinnedIn(string directory)
    {
        var control = Path.Combine(directory, "control");
        if (!File.Exists(control)) return [];
        uint settings;
        using (var map = BpfMap.FromPin(control)) settings = map.GetInfo().Id;
        var programs = new HashSet<uint>();
        var maps = new HashSet<uint> { settings };
        var all = Find();
        foreach (var program in all.Where(o => o.Kind == "prog"))
        {
            if (!BpfProgram.TryFromId(program.Id, out var loaded)) continue;
            using (loaded)
            {
                var used = loaded.GetInfo().MapIds;
                if (!used.Contains(settings)) continue;
                programs.Add(program.Id);
                maps.UnionWith(used);
            }
        }
        var links = new HashSet<uint>();
        foreach (var link in all.Where(o => o.Kind == "link"))
        {
            if (!BpfLink.TryFromId(link.Id, out var attached)) continue;
            using (attached)
            {
                if (programs.Contains(attached.GetInfo().ProgramId)) links.Add(link.Id);
            }
        }
        return [.. all.Where(o => (o.Kind switch { "prog" => programs, "map" => maps, _ => links }).Contains(o.Id))];
    }
}
