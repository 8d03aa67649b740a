using Skep.Engine.Hooks;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Values;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>The lists of a policy, by name.</summary>
sealed class ListCatalogue(IReadOnlyList<ListSpec> lists, TranslationOptions options, DiagnosticBag bag)
{
    const string Reference = "list:";

    readonly Dictionary<string, ListSpec> _lists = lists.ToDictionary(l => l.Name.Value, StringComparer.Ordinal);
    readonly Dictionary<string, IReadOnlyList<SyscallName>> _syscalls = new(StringComparer.Ordinal);
    readonly Dictionary<string, IReadOnlyList<string>> _functions = new(StringComparer.Ordinal);

    public TranslationOptions Options => options;

    public static bool IsReference(string text) => text.StartsWith(Reference, StringComparison.Ordinal);

    /// <summary>Null, after a complaint, when there is none of that name.</summary>
    public ListSpec? Find(Located<string> reference)
    {
        var name = reference.Value[Reference.Length..];
        if (_lists.TryGetValue(name, out var list))
        {
            bag.Spend(reference.At, list.Values.Count);
            return list;
        }
        bag.Error(reference.At, $"there is no list {Spelling.Quote(name)}{Spelling.Hint(name, _lists.Keys.Take(100))}");
        return null;
    }

    public static bool HoldsSyscalls(ListSpec list) => list.Type is ListSpec.Syscalls or ListSpec.GeneratedSyscalls;

    /// <summary>The system calls of a list of them. Unknown ones are complained of and left out.</summary>
    public IReadOnlyList<SyscallName> Syscalls(ListSpec list)
    {
        if (list.Type == ListSpec.GeneratedSyscalls) return [.. SyscallTable.NamesOf(options.Architecture).Select(n => new SyscallName(n, false))];
        if (_syscalls.TryGetValue(list.Name.Value, out var known)) return known;
        var names = new HashSet<SyscallName>();
        foreach (var value in list.Values)
        {
            var name = SyscallName.Parse(value.Value);
            if (!name.TryGetNumber(options.Architecture, out _)) bag.Error(value.At, $"values: {Unknown(name)}");
            else names.Add(name);
        }
        IReadOnlyList<SyscallName> found = [.. names];
        _syscalls.Add(list.Name.Value, found);
        return found;
    }

    public string Unknown(SyscallName name)
    {
        var architecture = name.Is32Bit ? System.Runtime.InteropServices.Architecture.X86 : options.Architecture;
        return $"there is no system call {Spelling.Quote(name.Name)}{(name.Is32Bit ? " for 32-bit programs" : "")}{Spelling.Hint(name.Name, SyscallTable.NamesOf(architecture))}";
    }

    /// <summary>The kernel functions of a list of them.</summary>
    public IReadOnlyList<string> Functions(ListSpec list)
    {
        if (list.Type != ListSpec.GeneratedFunctions) return [.. list.Values.Select(v => v.Value).Distinct()];
        if (list.Pattern is not { } pattern) return [];
        if (_functions.TryGetValue(list.Name.Value, out var known)) return known;
        IReadOnlyList<string> found = [];
        try
        {
            found = [.. options.KernelFunctions(pattern.Value)];
            if (found.Count == 0) bag.Error(pattern.At, $"pattern: no function of this kernel matches {Spelling.Quote(pattern.Value)}");
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            bag.Error(pattern.At, $"pattern: {Spelling.Quote(pattern.Value)} is no regular expression");
        }
        _functions.Add(list.Name.Value, found);
        return found;
    }
}
