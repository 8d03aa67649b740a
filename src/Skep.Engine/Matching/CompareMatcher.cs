using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Matching;

/// <summary>A few literals, compared one after the other: most fail at their length or first word. The result has one bit for each number.</summary>
public sealed class CompareMatcher : TextMatcher
{
    internal const int MaxText = 128;

    readonly TextMatcherOptions _options;
    readonly NumberedPattern[] _patterns;
    readonly int[] _numbers;

    internal CompareMatcher(IEnumerable<NumberedPattern> patterns, TextMatcherOptions options)
    {
        _options = options;
        _patterns = [.. patterns];
        _numbers = [.. _patterns.Select(p => p.Number).Distinct().Order()];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Numbers => _numbers;

    /// <inheritdoc/>
    public override int TableBytes => 0;

    /// <inheritdoc/>
    public override ulong Run(ReadOnlySpan<byte> text)
    {
        var result = 0UL;
        foreach (var (number, pattern) in _patterns)
        {
            var matches = pattern.Operator switch
            {
                TextOperator.Equal => text.SequenceEqual(pattern.Text),
                TextOperator.Prefix => text.StartsWith(pattern.Text),
                _ => text.EndsWith(pattern.Text),
            };
            if (matches) result |= Bit(number);
        }
        return result;
    }

    /// <inheritdoc/>
    public override bool Matches(ulong result, int number) => Array.BinarySearch(_numbers, number) >= 0 && (result & Bit(number)) != 0;

    /// <inheritdoc/>
    public override Condition Test(CodeBuilder code, Value result, int number)
    {
        ArgumentNullException.ThrowIfNull(code);
        var bit = Array.BinarySearch(_numbers, number);
        return bit < 0 ? code.Constant(0) != 0 : BitTest(result, bit);
    }

    /// <inheritdoc/>
    public override void AddTo(ObjectBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddFunction(name, Parameters, code =>
        {
            var offset = code.Parameter(1);
            var length = code.Let(code.Parameter(2).To(ScalarType.U32));
            using (code.If(offset > _options.MaxOffset)) code.Return(0);
            using (code.If(length > _options.MaxLength)) code.Assign(length, _options.MaxLength);
            var text = code.Let(code.Parameter(0).To(ScalarType.Pointer) + offset);
            var result = code.Let(0);
            foreach (var (number, pattern) in _patterns)
            {
                var otherwise = code.NewLabel();
                var size = pattern.Text.Length;
                code.GotoIf(pattern.Operator == TextOperator.Equal ? length != size : length < size, otherwise);
                // The length is known not to be smaller, so the place is inside of the text.
                var at = pattern.Operator == TextOperator.Suffix ? text + (length - size) : text;
                WordCode.RequireEqual(code, at, pattern.Text, otherwise);
                code.Assign(result, result | code.Constant(Bit(number)));
                code.Bind(otherwise);
            }
            // The verifier would follow every combination of bits into the tests of the result: what it cannot know stops that.
            var unknown = code.Load(ScalarType.U64, text);
            code.Return((result ^ unknown) ^ unknown);
        });
    }

    ulong Bit(int number) => 1UL << Array.BinarySearch(_numbers, number);
}
