using Skep.Engine.Evaluation;
using Skep.Falco.Conditions;
using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>What a check asks of one value.</summary>
abstract class ValueTest
{
    const int StackLimit = 4096;

    public abstract bool Accepts(FieldValue value);

    public sealed class Not(ValueTest inner) : ValueTest
    {
        public override bool Accepts(FieldValue value) => !inner.Accepts(value);
    }

    /// <summary>Some of several tests.</summary>
    public sealed class Count(ValueTest[] tests, FalcoModifier modifier) : ValueTest
    {
        public override bool Accepts(FieldValue value)
        {
            var matched = 0;
            foreach (var test in tests)
            {
                if (test.Accepts(value)) matched++;
            }
            return modifier switch { FalcoModifier.OneOf => matched == 1, FalcoModifier.AnyOf => matched > 0, _ => matched == tests.Length };
        }
    }

    public sealed class Text(FalcoOperator comparison, byte[] constant) : ValueTest
    {
        public override bool Accepts(FieldValue value) => ValueComparison.Holds(comparison, FieldType.Text, value, FieldValue.Of(constant));
    }

    public sealed class Pattern(ByteRegex pattern) : ValueTest
    {
        public override bool Accepts(FieldValue value) => pattern.IsMatch(value.Bytes);
    }

    /// <summary>A pattern of small letters.</summary>
    public sealed class PatternIgnoringCase(ByteRegex pattern) : ValueTest
    {
        public override bool Accepts(FieldValue value)
        {
            var text = value.Bytes;
            var lower = text.Length <= StackLimit ? stackalloc byte[text.Length] : new byte[text.Length];
            for (var i = 0; i < text.Length; i++) lower[i] = ValueComparison.Lower(text[i]);
            return pattern.IsMatch(lower);
        }
    }

    public sealed class TextSet : ValueTest
    {
        readonly HashSet<byte[]>.AlternateLookup<ReadOnlySpan<byte>> _values;

        public TextSet(IEnumerable<byte[]> values) => _values = new HashSet<byte[]>(values, new ByteStringComparer()).GetAlternateLookup<ReadOnlySpan<byte>>();

        public override bool Accepts(FieldValue value) => _values.Contains(value.Bytes);
    }

    public sealed class Paths(PathPrefixes prefixes) : ValueTest
    {
        public override bool Accepts(FieldValue value) => prefixes.Covers(value.Bytes);
    }

    public sealed class Number(FalcoOperator comparison, FieldType type, ulong constant) : ValueTest
    {
        public override bool Accepts(FieldValue value) => ValueComparison.Holds(comparison, type, value, FieldValue.Of(constant));
    }

    public sealed class NumberSet(IEnumerable<ulong> values) : ValueTest
    {
        readonly HashSet<ulong> _values = [.. values];

        public override bool Accepts(FieldValue value) => _values.Contains(value.Bits);
    }

    /// <summary>One of some networks; an address by itself is a network of one. An address of the other family is in none.</summary>
    public sealed class Networks(AddressRange[] ranges) : ValueTest
    {
        public override bool Accepts(FieldValue value)
        {
            foreach (var range in ranges)
            {
                if (range.Contains(value.Bytes)) return true;
            }
            return false;
        }
    }
}
