namespace Skep.Bpf.Instructions;

/// <summary>A place in the code of one <see cref="Assembler"/>; jumps may refer to it before it is bound.</summary>
public readonly record struct Label
{
    internal Label(int index) => Number = index + 1;

    /// <summary>1 and up; 0 in a default label, which belongs to no assembler.</summary>
    internal int Number { get; }
}
