using System.Collections.Concurrent;

namespace Skep.Bpf;

/// <summary>Types of modules, each read once per process.</summary>
static class ModuleTypes
{
    static readonly ConcurrentDictionary<string, Btf> s_byName = new();

    public static Btf Of(string module) => s_byName.GetOrAdd(module, Btf.FromModule);
}
