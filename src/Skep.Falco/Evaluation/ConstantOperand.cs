using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>Constants among what a transformer takes.</summary>
sealed class ConstantOperand(IReadOnlyList<byte[]> values) : Operand(FieldType.Text)
{
    public override bool HasSeveral => values.Count != 1;

    public override bool TryRead(IFalcoEvent item, Scratch scratch, int position, out FieldValue value)
    {
        value = default;
        if (position >= values.Count) return false;
        value = FieldValue.Of(values[position]);
        return true;
    }
}
