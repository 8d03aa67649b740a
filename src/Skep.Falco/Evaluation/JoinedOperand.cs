using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>Texts one behind the other, a separator between them. It is missing when one of its parts is.</summary>
sealed class JoinedOperand(byte[] separator, Operand[] parts) : Operand(FieldType.Text)
{
    public override bool TryRead(IFalcoEvent item, Scratch scratch, int position, out FieldValue value)
    {
        value = default;
        if (position > 0) return false;
        if (!TryMeasure(item, scratch, out var length)) return false;
        var text = scratch.Take(length);
        var at = 0;
        foreach (var part in parts)
        {
            for (var i = 0; part.TryRead(item, scratch, i, out var read); i++)
            {
                if (at > 0 && at + separator.Length <= length)
                {
                    separator.CopyTo(text[at..]);
                    at += separator.Length;
                }
                read.Bytes.CopyTo(text[at..]);
                at += read.Bytes.Length;
                if (!part.HasSeveral) break;
            }
        }
        value = FieldValue.Of(text[..at]);
        return true;
    }

    bool TryMeasure(IFalcoEvent item, Scratch scratch, out int length)
    {
        length = 0;
        foreach (var part in parts)
        {
            var count = 0;
            for (; part.TryRead(item, scratch, count, out var read); count++)
            {
                length += read.Bytes.Length + separator.Length;
                if (part.HasSeveral) continue;
                count++;
                break;
            }
            if (count == 0 && !part.HasSeveral) return false;
        }
        return true;
    }
}
