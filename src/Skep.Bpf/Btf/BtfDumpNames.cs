using System.Globalization;

namespace Skep.Bpf;

/// <summary>Names that are valid and unique in C for the types and enumerators of one dump.</summary>
sealed class BtfDumpNames(Btf btf)
{
    static readonly HashSet<string> s_keywords =
    [
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline",
        "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
        "volatile", "while", "_Alignas", "_Alignof", "_Atomic", "_Bool", "_Complex", "_Generic", "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local",
        "asm", "typeof", "__int128",
    ];

    static readonly HashSet<string> s_builtIn = ["char", "short", "int", "long", "signed", "unsigned", "float", "double", "_Bool", "__int128", "_Float16", "__float128"];

    readonly Dictionary<uint, string> _assigned = [];
    readonly Dictionary<uint, string[]> _enumerators = [];
    readonly Dictionary<string, uint> _tags = [];
    readonly HashSet<string> _ordinary = [];
    readonly Dictionary<string, int> _used = [];

    /// <summary>Whether a number's name is one that every C compiler knows, such as <c>long unsigned int</c>.</summary>
    public static bool IsBuiltIn(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > 64) return false;
        foreach (var word in System.Text.Encoding.ASCII.GetString(name).Split(' '))
        {
            if (!s_builtIn.Contains(word)) return false;
        }
        return true;
    }

    /// <summary>A struct, union, enumeration or declaration with its keyword.</summary>
    public string Tag(BtfType type)
    {
        if (_assigned.TryGetValue(type.Id, out var known)) return known;
        var keyword = type.Kind switch
        {
            BtfKind.Union => "union",
            BtfKind.Forward => type.KindFlag ? "union" : "struct",
            BtfKind.Enum or BtfKind.Enum64 => "enum",
            _ => "struct",
        };
        var name = Identifier(type.Name);
        // A declaration and a definition of one name and keyword are the same type to C, and to whoever wrote them.
        if (_tags.TryGetValue(name, out var owner) && !CanShare(type, btf[owner])) name = Unique(name, candidate => _tags.ContainsKey(candidate));
        if (!_tags.ContainsKey(name) || type.Kind != BtfKind.Forward) _tags[name] = type.Id;
        return _assigned[type.Id] = $"{keyword} {name}";
    }

    /// <summary>A typedef, or a number that needs one.</summary>
    public string Ordinary(BtfType type)
    {
        if (_assigned.TryGetValue(type.Id, out var known)) return known;
        if (btf.NameEquals(type.NameOffset, "__builtin_va_list"u8)) return _assigned[type.Id] = "__builtin_va_list";
        return _assigned[type.Id] = Claim(Identifier(type.Name));
    }

    /// <summary>The spelling of a number.</summary>
    public string Number(BtfType type) => IsBuiltIn(type.Utf8Name) ? type.Name : Ordinary(type);

    public bool HasEnumerators(BtfType type) => _enumerators.ContainsKey(type.Id);

    /// <summary>The names of an enumeration's values; the same ones whenever it is written.</summary>
    public string[] Enumerators(BtfType type)
    {
        if (_enumerators.TryGetValue(type.Id, out var known)) return known;
        var names = new string[type.Count];
        for (var i = 0; i < names.Length; i++) names[i] = Claim(Identifier(btf.NameTextAt(type.Enumerator(i).NameOffset)));
        return _enumerators[type.Id] = names;
    }

    /// <summary>A name with whatever C does not allow replaced.</summary>
    public static string Identifier(string name)
    {
        if (name.Length == 0) return "__anonymous";
        if (s_keywords.Contains(name)) return name + "_";
        if (name.All(IsAllowed) && !char.IsAsciiDigit(name[0])) return name;
        var replaced = string.Concat(name.Select(c => IsAllowed(c) ? c : '_'));
        return char.IsAsciiDigit(replaced[0]) ? "_" + replaced : replaced;
    }

    static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$';

    static bool CanShare(BtfType type, BtfType owner)
    {
        if (type.Kind != BtfKind.Forward && owner.Kind != BtfKind.Forward) return false;
        return IsUnion(type) == IsUnion(owner) && !type.IsEnum && !owner.IsEnum;
    }

    static bool IsUnion(BtfType type) => type.Kind == BtfKind.Union || (type.Kind == BtfKind.Forward && type.KindFlag);

    string Claim(string name)
    {
        if (!_ordinary.Add(name)) _ordinary.Add(name = Unique(name, _ordinary.Contains));
        return name;
    }

    // The count goes on from the last use of the name, or a name used n times would be tried n² times.
    string Unique(string name, Func<string, bool> isTaken)
    {
        for (var number = _used.GetValueOrDefault(name, 1) + 1; ; number++)
        {
            var candidate = string.Create(CultureInfo.InvariantCulture, $"{name}___{number}");
            if (isTaken(candidate)) continue;
            _used[name] = number;
            return candidate;
        }
    }
}
