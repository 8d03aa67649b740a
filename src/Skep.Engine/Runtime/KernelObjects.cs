using System.Reflection;
using Skep.Bpf;

namespace Skep.Engine.Runtime;

/// <summary>The compiled kernel side that is part of this assembly.</summary>
static class KernelObjects
{
    const string EngineResource = "engine.bpf.o";

    /// <summary>The engine's object, parsed anew: specs are edited before they are loaded.</summary>
    public static ObjectSpec Engine()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(EngineResource) ?? throw new BpfException($"{EngineResource} is not in this assembly");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return ObjectSpec.Parse(bytes, EngineResource);
    }
}
