using System.Collections;
using System.Globalization;

namespace Skep.Bpf;

// From a graph to a text that a C compiler reads from top to bottom.
//
// A type is needed in one of two ways. By value – a member, an array element, the target of a typedef that is used by value – its definition must
// come first. Behind a pointer or in a prototype its name suffices: a struct or union is declared by `struct foo;` if its definition has not come
// yet; typedefs and enumerations have no such declaration and are defined on the spot, which for a typedef needs only the name of its target.
// Anonymous composites have no name and are written out where they are used. C cannot express a type that contains itself by value, so this
// order always exists for types that came from C; for others the recursion is bounded.
//
// Tags (struct, union, enum) share one name space, typedefs and enumerators another. BTF of several compilation units may use a name twice:
// the second becomes name___2, which CO-RE reads as a flavour of the same name.

/// <summary>Writes types as C that a compiler lays out exactly as they are: with declarations first, padding, and packed where needed.</summary>
/// <remarks>Types are written once in the life of an instance, so that several calls can add to one header. Not for several threads at once.</remarks>
public sealed class BtfDump
{
    const int MaxDepth = 200;

    readonly Btf _btf;
    readonly TextWriter _writer;
    readonly BtfDumpNames _names;
    readonly BtfDeclarator _declarator;
    readonly BtfStructWriter _structs;
    readonly Dictionary<uint, State> _states = [];
    readonly HashSet<uint> _declared = [];
    uint _current;
    int _depth;

    enum State { Declared = 1, InProgress, Defined }

    /// <summary>Starts a dump of types of a BTF.</summary>
    public BtfDump(Btf btf, TextWriter writer)
    {
        _btf = btf;
        _writer = writer;
        _names = new BtfDumpNames(btf);
        _structs = new BtfStructWriter(btf, _names);
        _declarator = new BtfDeclarator(btf, _names, _structs);
    }

    /// <summary>Writes every type that has a name in C, the base's included, and the constants of anonymous enumerations.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed or cannot be expressed.</exception>
    public void WriteAll()
    {
        var used = UsedTypes();
        for (uint id = 1; id < _btf.Count; id++)
        {
            var type = _btf[id];
            // An anonymous enumeration that a member or typedef has is written there.
            if (type.IsEnum && type.NameOffset == 0 && used[(int)id]) continue;
            WriteRoot(type);
        }
    }

    /// <summary>Writes one type and what it needs; what is only pointed to is declared.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed or cannot be expressed.</exception>
    public void Write(BtfType type) => WriteRoot(type);

    /// <summary>A declaration of something of a type, for example <c>int (*name)(struct foo *)</c>; anonymous composites are written out.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed.</exception>
    public string Declare(uint typeId, string name) => _declarator.Declare(typeId, name, 0);

    void WriteRoot(BtfType type)
    {
        // An earlier type may have been refused half-way.
        (_depth, _current) = (0, 0);
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union when type.NameOffset != 0:
            case BtfKind.Enum or BtfKind.Enum64:
            case BtfKind.Typedef or BtfKind.Int or BtfKind.Float or BtfKind.Forward:
                Need(type.Id, isByValue: true);
                break;
        }
    }

    BitArray UsedTypes()
    {
        var used = new BitArray((int)_btf.Count);
        void Mark(uint id)
        {
            if (id < _btf.Count) used[(int)id] = true;
        }
        for (uint id = 1; id < _btf.Count; id++)
        {
            var type = _btf[id];
            if (type.Kind == BtfKind.Array) Mark(type.ElementTypeId);
            else if (type.IsComposite) for (var i = 0; i < type.Count; i++) Mark(type.Member(i).TypeId);
            else if (BtfShape.Of(BtfShape.Info(type.Kind)).HeadIsType && type.Kind is not (BtfKind.DeclarationTag or BtfKind.Variable)) Mark(type.TypeId);
        }
        return used;
    }

    /// <summary>Writes whatever must come before a use of a type.</summary>
    void Need(uint id, bool isByValue)
    {
        if (++_depth > MaxDepth) throw new BpfFormatException($"BTF {_btf.Name}: type {_btf[id]} nests too deeply for C");
        var type = _btf[id];
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Float:
                NeedNumber(type);
                break;
            case BtfKind.Pointer:
                Need(type.TypeId, false);
                break;
            case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                Need(type.TypeId, isByValue);
                break;
            case BtfKind.Array:
                Need(type.ElementTypeId, true);
                break;
            case BtfKind.FunctionPrototype:
                Need(type.TypeId, false);
                for (var i = 0; i < type.Count; i++) Need(type.Parameter(i).TypeId, false);
                break;
            case BtfKind.Typedef:
                NeedTypedef(type, isByValue);
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                if (type.NameOffset == 0) NeedAnonymousEnum(type);
                else if (_states.TryAdd(id, State.Defined)) _writer.Write($"{_structs.EnumText(type, 0)};\n\n");
                break;
            case BtfKind.Struct or BtfKind.Union:
                if (type.NameOffset == 0) NeedMembers(type);
                else if (isByValue) NeedDefinition(type);
                else NeedName(type);
                break;
            case BtfKind.Forward:
                NeedName(type);
                break;
        }
        _depth--;
    }

    void NeedMembers(BtfType type)
    {
        for (var i = 0; i < type.Count; i++) Need(type.Member(i).TypeId, true);
    }

    void NeedDefinition(BtfType type)
    {
        if (_states.TryGetValue(type.Id, out var state) && state >= State.InProgress) return;
        _states[type.Id] = State.InProgress;
        var outer = _current;
        _current = type.Id;
        NeedMembers(type);
        _current = outer;
        _states[type.Id] = State.Defined;
        _writer.Write($"{_structs.Text(type, 0, _declarator)};\n\n");
    }

    // A struct that is being defined needs a declaration only for what comes before its definition: not for its own members.
    void NeedName(BtfType type)
    {
        var isUnknown = _states.TryAdd(type.Id, State.Declared) || (_states[type.Id] == State.InProgress && _current != type.Id);
        if (isUnknown && _declared.Add(type.Id)) _writer.Write($"{_names.Tag(type)};\n\n");
    }

    void NeedTypedef(BtfType type, bool isByValue)
    {
        if (_states.TryAdd(type.Id, State.InProgress))
        {
            var outer = _current;
            _current = type.Id;
            Need(type.TypeId, false);
            _states[type.Id] = State.Declared;
            _current = outer;
            // The compiler's own type of variable arguments has no definition in C.
            if (!_btf.NameEquals(type.NameOffset, "__builtin_va_list"u8))
                _writer.Write($"typedef {_declarator.Declare(type.TypeId, _names.Ordinary(type), 0)};\n\n");
        }
        if (isByValue && _states[type.Id] == State.Declared)
        {
            _states[type.Id] = State.Defined;
            Need(type.TypeId, true);
        }
    }

    void NeedAnonymousEnum(BtfType type)
    {
        if (_depth > 1 || type.Count == 0 || !_states.TryAdd(type.Id, State.Defined) || _names.HasEnumerators(type)) return;
        _writer.Write($"{_structs.EnumText(type, 0)};\n\n");
    }

    // Compilers other than C's name numbers as they like.
    void NeedNumber(BtfType type)
    {
        if (BtfDumpNames.IsBuiltIn(type.Utf8Name) || !_states.TryAdd(type.Id, State.Defined)) return;
        var text = type.Kind == BtfKind.Float
            ? type.Size switch { 2 => "_Float16", 4 => "float", 8 => "double", _ => "long double" }
            : (type.IsSigned || type.IsBool ? "" : "unsigned ") + (type.IsBool && type.Size == 1 ? "_Bool" : type.Size switch { 1 => type.IsSigned ? "signed char" : "char", 2 => "short", 4 => "int", 8 => "long long", _ => "__int128" });
        _writer.Write(string.Create(CultureInfo.InvariantCulture, $"typedef {text} {_names.Ordinary(type)};\n\n"));
    }
}
