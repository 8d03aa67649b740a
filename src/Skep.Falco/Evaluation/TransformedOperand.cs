using System.Buffers.Text;
using Skep.Falco.Conditions;
using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>A value that is made of another one.</summary>
sealed class TransformedOperand(Transformer transformer, Operand inner) : Operand(transformer == Transformer.Length ? FieldType.UInt64 : inner.Type)
{
    public override bool HasSeveral => transformer != Transformer.Length && inner.HasSeveral;

    public override FieldReference? Field => inner.Field;

    public override bool TryRead(IFalcoEvent item, Scratch scratch, int position, out FieldValue value)
    {
        if (transformer == Transformer.Length) return TryCount(item, scratch, position, out value);
        if (!inner.TryRead(item, scratch, position, out value)) return false;
        var text = value.Bytes;
        switch (transformer)
        {
            case Transformer.ToLower:
                var lower = scratch.Take(text.Length);
                for (var i = 0; i < text.Length; i++) lower[i] = ValueComparison.Lower(text[i]);
                value = FieldValue.Of(lower);
                return true;
            case Transformer.ToUpper:
                var upper = scratch.Take(text.Length);
                for (var i = 0; i < text.Length; i++) upper[i] = text[i] is >= (byte)'a' and <= (byte)'z' ? (byte)(text[i] & ~0x20) : text[i];
                value = FieldValue.Of(upper);
                return true;
            case Transformer.BaseName:
                value = FieldValue.Of(text[(text.LastIndexOf((byte)'/') + 1)..]);
                return true;
            case Transformer.Base64:
                return TryDecode(scratch, text, out value);
            default:
                return true;
        }
    }

    bool TryCount(IFalcoEvent item, Scratch scratch, int position, out FieldValue value)
    {
        value = default;
        if (position > 0) return false;
        if (!inner.HasSeveral)
        {
            if (!inner.TryRead(item, scratch, 0, out var text)) return false;
            value = FieldValue.Of((ulong)text.Bytes.Length);
            return true;
        }
        var count = 0;
        while (inner.TryRead(item, scratch, count, out _)) count++;
        value = FieldValue.Of((ulong)count);
        return true;
    }

    static bool TryDecode(Scratch scratch, ReadOnlySpan<byte> text, out FieldValue value)
    {
        value = default;
        text = text.TrimEnd((byte)'=');
        var padded = scratch.Take((text.Length + 3) / 4 * 4);
        text.CopyTo(padded);
        padded[text.Length..].Fill((byte)'=');
        var decoded = scratch.Take(padded.Length / 4 * 3);
        if (Base64.DecodeFromUtf8(padded, decoded, out _, out var written) != System.Buffers.OperationStatus.Done) return false;
        value = FieldValue.Of(decoded[..written]);
        return true;
    }
}
