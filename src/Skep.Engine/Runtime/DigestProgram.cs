using Skep.Bpf;

namespace Skep.Engine.Runtime;

/// <summary>The program that adds the digests of files at a security hook (<c>bpf/digest.h</c>).</summary>
static class DigestProgram
{
    const string OfFile = "digest_of_file", OfProgram = "digest_of_program", ProgramPrefix = "bprm_";

    static readonly string[] s_maps = ["events", "digests_wanted"];

    /// <summary>Whether it is one of the engine's programs that only this loads.</summary>
    public static bool Is(string program) => program is OfFile or OfProgram;

    /// <summary>Loads it.</summary>
    /// <param name="section">The hook: <c>lsm.s/file_open</c>.</param>
    /// <param name="shared">The maps that all programs share.</param>
    public static (BpfObject Object, BpfProgram Program) Load(string section, IReadOnlyDictionary<string, BpfMap> shared)
    {
        var hook = section[(section.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var name = hook.StartsWith(ProgramPrefix, StringComparison.Ordinal) ? OfProgram : OfFile;
        var spec = KernelObjects.Engine();
        foreach (var program in spec.Programs.Values) program.AutoLoad = program.Name == name;
        spec.Programs[name].AttachTarget = hook;
        foreach (var map in spec.Maps.Values.Where(m => !s_maps.Contains(m.Name))) map.AutoCreate = false;
        foreach (var map in s_maps) spec.Maps[map].MaxEntries = shared[map].MaxEntries;
        var loaded = BpfObject.Load(spec, new LoadOptions { ReplacementMaps = s_maps.ToDictionary(map => map, map => shared[map]) });
        return (loaded, loaded.Programs[name]);
    }
}
