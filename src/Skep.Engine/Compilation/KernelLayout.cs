using Skep.Bpf;

namespace Skep.Engine.Compilation;

/// <summary>Where the members of the structs of <c>bpf/engine.h</c> are, as the compiler laid them out: generated code and C cannot disagree.</summary>
sealed class KernelLayout
{
    readonly Btf _types;

    /// <summary>The layout as programs of a generation see it.</summary>
    public KernelLayout(Btf types, uint generation = 0)
    {
        _types = types;
        var atoms = Offset("process", "atoms") + (int)(generation & 1) * SizeOf("process_atoms");
        Slot = SizeOf("slot");
        Body = Offset("slot", "body");
        BodySize = SizeOfMember("slot", "body");
        SlotValue = Offset("slot", "value");
        SlotRow = Offset("slot", "row");
        SlotRowsKnown = Offset("slot", "rows_known");
        SlotMatchCount = Offset("slot", "match_count");
        RecordLength = Body + Offset("record", "length");
        Captured = Body + Offset("hook_record", "captured");
        ArgumentCount = Body + Offset("hook_record", "arguments");
        Table = Body + SizeOf("hook_record");
        Own = atoms + Offset("process_atoms", "own");
        Ancestors = atoms + Offset("process_atoms", "ancestors");
        Parents = atoms + Offset("process_atoms", "parents");
        ProcessPid = Offset("process", "pid");
        AtomWords = SizeOfMember("process_atoms", "own") / 8;
        MaxMatches = SizeOfMember("slot", "match") / 8;
        MaxArguments = SizeOfMember("slot", "value") / 8;
    }

    public int Slot { get; }
    public int Body { get; }
    public int BodySize { get; }
    public int SlotValue { get; }
    public int SlotRow { get; }
    public int SlotRowsKnown { get; }
    public int SlotMatchCount { get; }
    public int RecordLength { get; }
    public int Captured { get; }
    public int ArgumentCount { get; }
    public int Table { get; }
    public int Own { get; }
    public int Ancestors { get; }
    public int Parents { get; }
    public int ProcessPid { get; }
    public int AtomWords { get; }

    /// <summary>Matches that a slot holds.</summary>
    public int MaxMatches { get; }

    /// <summary>Values that one program captures at most.</summary>
    public int MaxArguments { get; }

    /// <summary>
    /// A number for the layout of everything in maps that outlive an agent. Agents whose numbers differ cannot take over from each other.
    /// </summary>
    public uint Fingerprint
    {
        get
        {
            var hash = 2166136261u;
            foreach (var name in (string[])["control", "process", "slot", "socket_owner", "limit_key", "calls", "user_calls"]) Mix(Find(name), ref hash);
            return hash;
        }
    }

    /// <summary>Offset of a member.</summary>
    public int Offset(string type, string member) => MemberPath(type, member).Offset;

    /// <summary>Bytes of a struct.</summary>
    public int SizeOf(string type) => (int)Find(type).Size;

    static void Mix(BtfType type, ref uint hash)
    {
        Mix(type.Name, type.Size, ref hash);
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            Mix(type.Btf.StringAt(member.NameOffset), member.BitOffset, ref hash);
            var inner = type.Btf[member.TypeId];
            while (inner.IsModifierOrTypedef || inner.Kind == BtfKind.Array) inner = type.Btf[inner.Kind == BtfKind.Array ? inner.ElementTypeId : inner.TypeId];
            if (inner.IsComposite) Mix(inner, ref hash);
        }
    }

    // FNV-1a: the same in every process, unlike the runtime's hashes.
    static void Mix(string name, uint number, ref uint hash)
    {
        foreach (var character in name) hash = (hash ^ character) * 16777619;
        hash = (hash ^ number) * 16777619;
    }

    int SizeOfMember(string type, string member) => (int)_types.SizeOf(MemberPath(type, member).Type.Id);

    Hooks.MemberPath MemberPath(string type, string member) => Hooks.MemberPath.Resolve(Find(type), member);

    BtfType Find(string name) => _types.TryFind(name, BtfKind.Struct, out var type) ? type : throw new BpfException($"the engine's object has no struct {name}");
}
