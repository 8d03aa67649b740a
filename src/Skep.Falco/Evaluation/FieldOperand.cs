using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>A field as it is.</summary>
sealed class FieldOperand(FieldReference reference) : Operand(reference.Type)
{
    public override bool HasSeveral => reference.HasSeveral;

    public override FieldReference Field => reference;

    public override bool TryRead(IFalcoEvent item, Scratch scratch, int position, out FieldValue value)
    {
        if (position == 0 || reference.HasSeveral) return item.TryRead(reference, position, out value);
        value = default;
        return false;
    }
}
