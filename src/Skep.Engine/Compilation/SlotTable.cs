using Skep.Bpf.Building;

namespace Skep.Engine.Compilation;

/// <summary>A record's table of arguments, as generated code sees it in its slot.</summary>
sealed class SlotTable(KernelLayout layout)
{
    const int Entry = 8, Length = 2, Extra = 6;

    public int OffsetOf(int index) => layout.Table + index * Entry;

    /// <summary>Whether an entry has been filled.</summary>
    public Condition IsCaptured(CodeBuilder code, Value slot, int index) => (code.Load(ScalarType.U32, slot, layout.Captured, "captured") & (1L << index)) != 0;

    public void MarkCaptured(CodeBuilder code, Value slot, int index) =>
        code.Store(ScalarType.U32, slot, layout.Captured, code.Load(ScalarType.U32, slot, layout.Captured, "captured") | (1L << index), "captured");

    public Value Number(CodeBuilder code, Value slot, int index) => code.Load(ScalarType.U64, slot, OffsetOf(index), $"value {index}");

    public void StoreNumber(CodeBuilder code, Value slot, int index, Value number)
    {
        code.Store(ScalarType.U64, slot, OffsetOf(index), number, $"value {index}");
        MarkCaptured(code, slot, index);
    }

    /// <summary>Offset of an entry's bytes from the record's start.</summary>
    public Value Offset(CodeBuilder code, Value slot, int index) => code.Load(ScalarType.U16, slot, OffsetOf(index), $"offset of value {index}");

    public Value LengthOf(CodeBuilder code, Value slot, int index) => code.Load(ScalarType.U16, slot, OffsetOf(index) + Length, $"length of value {index}");

    public Value ExtraOf(CodeBuilder code, Value slot, int index) => code.Load(ScalarType.U16, slot, OffsetOf(index) + Extra, $"mode of value {index}");
}
