using Skep.Bpf;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>Types of a program that is hooked, from a file beside it.</summary>
static class UserTypes
{
    /// <summary>The struct that a value's path starts in.</summary>
    /// <exception cref="BpfException">It is not known; the message says what is missing.</exception>
    public static BtfType StartOf(ValueSpec spec, ResolvedHook hook)
    {
        if (spec.TypesFile.Length == 0) throw new BpfException($"{hook.Target}: '{spec.Path}' cannot be resolved: the program's types are not known; say with btfPath where they are");
        var types = Btf.FromFile(spec.TypesFile);
        if (spec.StartType.Length > 0)
        {
            var name = spec.StartType.StartsWith("struct ", StringComparison.Ordinal) ? spec.StartType["struct ".Length..] : spec.StartType;
            return types.TryFind(name, BtfKind.Struct, out var named) ? named : throw new BpfException($"{hook.Target}: {spec.TypesFile} has no struct {name}");
        }
        var function = hook.Places!.Places[0].Name;
        if (spec.Source == ValueSource.Argument && hook.Places.Places.Count == 1 && FunctionSignature.Find(types, function) is { } signature && spec.Index < signature.Parameters.Count)
        {
            return MemberPath.Strip(signature.TypeOf(spec.Index));
        }
        throw new BpfException($"{hook.Target}: '{spec.Path}' cannot be resolved: {spec.TypesFile} does not tell the type of what it starts from; say it with btfType");
    }
}
