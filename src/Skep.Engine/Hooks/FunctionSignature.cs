using Skep.Bpf;

namespace Skep.Engine.Hooks;

/// <summary>Parameters and result of a kernel function, from the kernel's types.</summary>
public sealed class FunctionSignature
{
    /// <summary>Null for the kernel's own: a loaded policy remembers its hooks, and must not keep megabytes of types with them.</summary>
    readonly Btf? _types;

    FunctionSignature(Btf types, IReadOnlyList<uint> parameters, uint result) => (_types, Parameters, Result) = (types == Btf.Kernel ? null : types, parameters, result);

    /// <summary>Types of the parameters.</summary>
    public IReadOnlyList<uint> Parameters { get; }

    /// <summary>Type of the result; 0 for none.</summary>
    public uint Result { get; }

    /// <summary>A function's signature; null when the kernel's types do not have it.</summary>
    public static FunctionSignature? Find(Btf btf, string function)
    {
        ArgumentNullException.ThrowIfNull(btf);
        return btf.TryFind(function, BtfKind.Function, out var found) ? Of(btf, found.TypeId, skip: 0) : null;
    }

    /// <summary>What a tracepoint passes to a typed program (<c>btf_trace_NAME</c>); null when the kernel's types do not have it.</summary>
    public static FunctionSignature? FindTracepoint(Btf btf, string name)
    {
        ArgumentNullException.ThrowIfNull(btf);
        if (!btf.TryFind("btf_trace_" + name, BtfKind.Typedef, out var found)) return null;
        var pointer = btf.Resolve(found.TypeId);
        // The first parameter is the tracer's own data (include/linux/tracepoint.h).
        return pointer.Kind == BtfKind.Pointer ? Of(btf, pointer.TypeId, skip: 1) : null;
    }

    /// <summary>The struct or number behind a parameter.</summary>
    public BtfType TypeOf(int parameter) => (_types ?? Btf.Kernel).Resolve(Parameters[parameter]);

    static FunctionSignature Of(Btf btf, uint prototype, int skip)
    {
        var type = btf[prototype];
        var parameters = new List<uint>();
        for (var i = skip; i < type.Count; i++) parameters.Add(type.Parameter(i).TypeId);
        return new FunctionSignature(btf, parameters, type.TypeId);
    }
}
