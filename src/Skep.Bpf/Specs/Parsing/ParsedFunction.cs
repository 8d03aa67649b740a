namespace Skep.Bpf;

/// <summary>A function while its tables are being collected.</summary>
sealed class ParsedFunction(FunctionSpec spec, int sectionIndex, int start, ParsedFunction? original)
{
    public FunctionSpec Spec { get; } = spec;

    /// <summary>The first function at this place; itself unless it is an alias.</summary>
    public ParsedFunction Original => original ?? this;

    public int SectionIndex { get; } = sectionIndex;

    /// <summary>First slot in the section.</summary>
    public int Start { get; } = start;

    public int End => Start + Spec.Instructions.Length;

    public List<Relocation> Relocations { get; } = [];

    public List<CoreRelocation> CoreRelocations { get; } = [];

    public List<LineInfo> Lines { get; } = [];

    /// <summary>Publishes the tables; an alias shares those of the function that it is another name of.</summary>
    public void Complete()
    {
        if (original is not null)
        {
            (Spec.Relocations, Spec.CoreRelocations, Spec.Lines) = (original.Spec.Relocations, original.Spec.CoreRelocations, original.Spec.Lines);
            Spec.BtfTypeId = Spec.BtfTypeId == 0 ? original.Spec.BtfTypeId : Spec.BtfTypeId;
            return;
        }
        Relocations.Sort((left, right) => left.Index.CompareTo(right.Index));
        Spec.Relocations = Relocations;
        Spec.CoreRelocations = [.. CoreRelocations.OrderBy(record => record.Index)];
        Spec.Lines = [.. Lines.OrderBy(line => line.Index)];
    }
}
