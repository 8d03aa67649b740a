using Skep.Bpf;

namespace Skep.Engine.Compilation;

/// <summary>Where the members of the structs of <c>bpf/engine.h</c> are, as the compiler laid them out: generated code and C cannot disagree.</summary>
sealed class KernelLayout
{
    readonly Btf _types;

    public KernelLayout(Btf types)
    {
        _types = types;
        Slot = SizeOf("slot");
        Body = Offset("slot", "body");
        BodySize = SizeOfMember("slot", "body");
        SlotValue = Offset("slot", "value");
        SlotRow = Offset("slot", "row");
        SlotRowsKnown = Offset("slot", "rows_known");
        SlotMatch = Offset("slot", "match");
        SlotMatchCount = Offset("slot", "match_count");
        RecordLength = Body + Offset("record", "length");
        Captured = Body + Offset("hook_record", "captured");
        ArgumentCount = Body + Offset("hook_record", "arguments");
        Table = Body + SizeOf("hook_record");
        Own = Offset("process", "own");
        Ancestors = Offset("process", "ancestors");
        Parents = Offset("process", "parents");
        ProcessPid = Offset("process", "pid");
        AtomWords = SizeOfMember("process", "own") / 8;
        ControlGeneration = Offset("control", "generation");
        MaxMatches = SizeOfMember("slot", "match") / 8;
        MaxArguments = SizeOfMember("slot", "value") / 8;
    }

    public int Slot { get; }
    public int Body { get; }
    public int BodySize { get; }
    public int SlotValue { get; }
    public int SlotRow { get; }
    public int SlotRowsKnown { get; }
    public int SlotMatch { get; }
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
    public int ControlGeneration { get; }

    /// <summary>Matches that a slot holds.</summary>
    public int MaxMatches { get; }

    /// <summary>Values that one program captures at most.</summary>
    public int MaxArguments { get; }

    /// <summary>Offset of a member.</summary>
    public int Offset(string type, string member) => MemberPath(type, member).Offset;

    /// <summary>Bytes of a struct.</summary>
    public int SizeOf(string type) => (int)Find(type).Size;

    int SizeOfMember(string type, string member) => (int)_types.SizeOf(MemberPath(type, member).Type.Id);

    Hooks.MemberPath MemberPath(string type, string member) => Hooks.MemberPath.Resolve(Find(type), member);

    BtfType Find(string name) => _types.TryFind(name, BtfKind.Struct, out var type) ? type : throw new BpfException($"the engine's object has no struct {name}");
}
