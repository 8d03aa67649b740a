using System.Net;
using System.Net.Sockets;
using System.Text;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Values;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>
/// Translates comparisons of a value. Several values of an operator are alternatives; an operator's opposite holds when none of them does.
/// Beyond Tetragon's own there are <c>Regex</c>, <c>NotRegex</c>, <c>Glob</c> and <c>NotGlob</c> for texts.
/// </summary>
sealed class ArgumentConditions(ListCatalogue lists, DiagnosticBag bag)
{
    const string Negation = "NOT";

    /// <summary>Ports that only a privileged process may bind.</summary>
    static readonly NumberRange _privilegedPorts = new(0, 1023);

    static readonly NumberFormat _port = new(16, false);

    /// <summary>Null after a complaint.</summary>
    /// <param name="match">The comparison.</param>
    /// <param name="place">Of the value, in the hook's list.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">Its type as the policy names it.</param>
    public Condition? Translate(ArgumentMatch match, int place, ValueSpec value, string type)
    {
        if (match.Values is null || match.Operator is not { } word || type.Length == 0) return null;
        bag.Spend(match.At, 1 + match.Values.Count);
        var name = word.Value.ToUpperInvariant();
        var negated = name.StartsWith(Negation, StringComparison.Ordinal);
        if (negated) name = name[Negation.Length..];
        var values = new Comparison(match, word, value.Kind, type);
        var predicate = name switch
        {
            "EQUAL" => Equal(values),
            "PREFIX" => Text(values, TextOperator.Prefix),
            "POSTFIX" => Text(values, TextOperator.Suffix),
            "SUBSTRING" => Text(values, TextOperator.Contains),
            "SUBSTRINGIGNCASE" => Text(values, TextOperator.ContainsIgnoringCase),
            "REGEX" => Text(values, TextOperator.Regex),
            "GLOB" => Text(values, TextOperator.Glob),
            "GT" or "GREATERTHAN" => Bound(values, (format, pattern) => format.Above(pattern)),
            "LT" or "LESSTHAN" => Bound(values, (format, pattern) => format.Below(pattern)),
            "MASK" => Mask(values),
            "INMAP" => Ranges(values, allowSingle: true, allowLists: true),
            "INRANGE" => Ranges(values, allowSingle: false, allowLists: false),
            "SPORT" => Ports(values, SocketSide.Source),
            "DPORT" => Ports(values, SocketSide.Destination),
            "SPORTPRIV" => PrivilegedPorts(values, SocketSide.Source),
            "DPORTPRIV" => PrivilegedPorts(values, SocketSide.Destination),
            "SADDR" => Addresses(values, SocketSide.Source),
            "DADDR" => Addresses(values, SocketSide.Destination),
            "PROTOCOL" => Field(values, SocketField.Protocol, NamedNumbers.Protocols),
            "FAMILY" => Field(values, SocketField.Family, NamedNumbers.Families),
            "STATE" => Field(values, SocketField.State, NamedNumbers.States),
            "FILETYPE" => FileTypes(values),
            "CELEXPR" => Unsupported(values),
            _ => DoesNotFit(values),
        };
        if (predicate is null) return null;
        Condition condition = new ValueCondition(place, predicate);
        return negated ? new Not(condition) : condition;
    }

    /// <summary><c>CapabilitiesGained</c> compares two values. Without names of capabilities all of them count.</summary>
    public Condition? TranslateGained(ArgumentMatch match, int newPlace, ValueSpec newValue, string type, int oldPlace, ValueSpec oldValue, string oldType)
    {
        if (match.Values is null || type.Length == 0) return null;
        bag.Spend(match.At, 1 + match.Values.Count);
        if (!TypeNames.IsCapabilitySet(newValue.Kind) || !TypeNames.IsCapabilitySet(oldValue.Kind))
        {
            bag.Error(match.Operator!.Value.At, $"operator: {match.Operator.Value.Value} does not fit types {type} and {oldType}, both have to be sets of capabilities");
            return null;
        }
        var mask = match.Values.Count == 0 ? ulong.MaxValue : 0;
        foreach (var value in match.Values)
        {
            if (!TryParseCapabilities(value.Value, out var bits)) bag.Error(value.At, $"values: {NotCapabilities(value.Value)}");
            mask |= bits;
        }
        return new ValueCondition(newPlace, new GainedCapabilitiesPredicate(oldPlace, mask));
    }

    /// <summary>Names and numbers, separated by commas.</summary>
    public static bool TryParseCapabilities(string text, out ulong mask)
    {
        mask = 0;
        if (NumberText.TryParse(text, out var negative, out mask)) return !negative;
        foreach (var part in text.Split(','))
        {
            if (!NamedNumbers.Capabilities.TryGetValue(part.Trim().ToUpperInvariant(), out var number)) return false;
            mask |= 1UL << (int)number;
        }
        return true;
    }

    public static string NotCapabilities(string text) => $"{Spelling.Quote(text)} is no capability{Spelling.Hint(text, NamedNumbers.Capabilities.Keys)}";

    /// <summary>A text as the kernel has it: without the NULs that authors write at its end.</summary>
    public static TextPattern Pattern(TextOperator comparison, string text) => new(comparison, Encoding.UTF8.GetBytes(text.TrimEnd('\0')));

    /// <summary>As <see cref="Pattern(TextOperator, string)"/>; tells what is wrong with it.</summary>
    public static TextPattern Pattern(TextOperator comparison, Located<string> text, DiagnosticBag bag)
    {
        var pattern = Pattern(comparison, text.Value);
        if (pattern.FindError() is { } error) bag.Error(text.At, $"'{text.Value}' cannot be an expression: {error}");
        return pattern;
    }

    sealed record Comparison(ArgumentMatch Match, Located<string> Operator, ValueKind Kind, string Type)
    {
        public IReadOnlyList<Located<string>> Items => Match.Values!;

        public NumberFormat Format { get; } = new(TypeNames.NumberOf(Kind).Bits, TypeNames.NumberOf(Kind).Signed);
    }

    Predicate? DoesNotFit(Comparison values)
    {
        bag.Error(values.Operator.At, $"operator: {values.Operator.Value} does not fit type {values.Type}");
        return null;
    }

    Predicate? Unsupported(Comparison values)
    {
        bag.NotSupported(values.Operator.At, $"operator: {values.Operator.Value} is not supported yet");
        return null;
    }

    bool HasValues(Comparison values)
    {
        if (values.Items.Count > 0) return true;
        bag.Error(values.Match.At, $"values: {values.Operator.Value} needs at least one");
        return false;
    }

    Predicate? Equal(Comparison values)
    {
        if (values.Kind == ValueKind.Auto && !values.Items.All(v => values.Format.TryParse(v.Value, out _))) return Text(values, TextOperator.Equal);
        if (TypeNames.IsText(values.Kind) && values.Kind != ValueKind.Auto) return Text(values, TextOperator.Equal);
        if (IsMaskOnly(values)) return DoesNotFit(values);
        return Numbers(values) is { } numbers ? new NumberPredicate([.. numbers.Select(n => new NumberRange(n, n))]) : null;
    }

    Predicate? Text(Comparison values, TextOperator comparison)
    {
        if (!TypeNames.IsText(values.Kind)) return DoesNotFit(values);
        return HasValues(values) ? new TextPredicate([.. values.Items.Select(v => Pattern(comparison, v, bag))]) : null;
    }

    /// <summary>A process has flags beside those that are asked for.</summary>
    static bool IsMaskOnly(Comparison values) => values.Kind == ValueKind.ProcessFlags;

    Predicate? Bound(Comparison values, Func<NumberFormat, long, NumberRange?> range)
    {
        if (TypeNames.IsCapabilitySet(values.Kind) || IsMaskOnly(values)) return DoesNotFit(values);
        return Numbers(values) is { } numbers ? new NumberPredicate([.. numbers.Select(n => range(values.Format, n)).OfType<NumberRange>()]) : null;
    }

    Predicate? Mask(Comparison values)
    {
        if (values.Format.Bits == 0) return DoesNotFit(values);
        // A mask is a pattern of bits even where the value has a sign.
        var format = TypeNames.IsCapabilitySet(values.Kind) ? values.Format : values.Format with { Signed = false };
        return Numbers(values, format) is { } masks ? new MaskPredicate([.. masks.Select(m => (ulong)m)]) : null;
    }

    List<long>? Numbers(Comparison values) => Numbers(values, values.Format);

    List<long>? Numbers(Comparison values, NumberFormat format)
    {
        if (format.Bits == 0)
        {
            DoesNotFit(values);
            return null;
        }
        if (!HasValues(values)) return null;
        var numbers = new List<long>();
        foreach (var item in values.Items)
        {
            if (Number(values, item, item.Value, format) is { } number) numbers.Add(number);
        }
        return numbers;
    }

    long? Number(Comparison values, Located<string> item, string text, NumberFormat format)
    {
        text = text.TrimEnd('\0').Trim();
        if (TypeNames.IsCapabilitySet(values.Kind))
        {
            if (TryParseCapabilities(text, out var mask)) return (long)mask;
            bag.Error(item.At, $"values: {NotCapabilities(text)}");
            return null;
        }
        if (values.Kind == ValueKind.ProcessFlags)
        {
            if (NamedNumbers.ProcessFlags.TryGetValue(text, out var flag)) return flag;
            bag.Error(item.At, $"values: {Fields.NotOneOf(text, [.. NamedNumbers.ProcessFlags.Keys])}");
            return null;
        }
        if (values.Kind == ValueKind.Capability && NamedNumbers.Capabilities.TryGetValue(text, out var capability)) return capability;
        if (format.TryParse(text, out var number)) return number;
        bag.Error(item.At, NumberText.TryParse(text, out _, out _)
            ? $"values: {Spelling.Quote(text)} does not fit in {format}"
            : $"values: {Spelling.Quote(text)} is no whole number");
        return null;
    }

    Predicate? Ranges(Comparison values, bool allowSingle, bool allowLists)
    {
        if (values.Format.Bits == 0 || TypeNames.IsCapabilitySet(values.Kind) || IsMaskOnly(values)) return DoesNotFit(values);
        if (!HasValues(values)) return null;
        var ranges = new List<NumberRange>();
        foreach (var item in values.Items)
        {
            if (allowLists && ListCatalogue.IsReference(item.Value)) ranges.AddRange(ListNumbers(values, item));
            else if (Range(values, item, allowSingle) is { } range) ranges.Add(range);
        }
        return new NumberPredicate(ranges);
    }

    IEnumerable<NumberRange> ListNumbers(Comparison values, Located<string> reference)
    {
        if (lists.Find(reference) is not { } list) yield break;
        if (list.Type == ListSpec.GeneratedFunctions)
        {
            bag.Error(reference.At, $"values: the list {Spelling.Quote(list.Name.Value)} holds functions, which are no numbers");
            yield break;
        }
        if (ListCatalogue.HoldsSyscalls(list))
        {
            foreach (var name in lists.Syscalls(list))
            {
                if (name.TryGetNumber(lists.Options.Architecture, out var number)) yield return new(number, number);
            }
            yield break;
        }
        foreach (var item in list.Values)
        {
            if (Range(values, item, allowSingle: true) is { } range) yield return range;
        }
    }

    NumberRange? Range(Comparison values, Located<string> item, bool allowSingle)
    {
        var colon = item.Value.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            if (allowSingle) return Number(values, item, item.Value, values.Format) is { } single ? new NumberRange(single, single) : null;
            bag.Error(item.At, $"values: {Spelling.Quote(item.Value)} is no range, expected min:max");
            return null;
        }
        var first = Number(values, item, item.Value[..colon], values.Format);
        var last = Number(values, item, item.Value[(colon + 1)..], values.Format);
        if (first is null || last is null) return null;
        var range = new NumberRange(first.Value, last.Value);
        if (values.Format.IsOrdered(range)) return range;
        bag.Error(item.At, $"values: {Spelling.Quote(item.Value)} ends before it begins");
        return null;
    }

    Predicate? Ports(Comparison values, SocketSide side)
    {
        if (!IsNetwork(values, side)) return DoesNotFit(values);
        if (!HasValues(values)) return null;
        var ranges = new List<NumberRange>();
        foreach (var item in values.Items)
        {
            var colon = item.Value.IndexOf(':', StringComparison.Ordinal);
            var first = colon < 0 ? item.Value : item.Value[..colon];
            var last = colon < 0 ? item.Value : item.Value[(colon + 1)..];
            if (!_port.TryParse(first, out var low) || !_port.TryParse(last, out var high)) bag.Error(item.At, $"values: {Spelling.Quote(item.Value)} is no port nor a range of ports");
            else if (low > high) bag.Error(item.At, $"values: {Spelling.Quote(item.Value)} ends before it begins");
            else ranges.Add(new(low, high));
        }
        return new PortPredicate(side, ranges);
    }

    Predicate? PrivilegedPorts(Comparison values, SocketSide side)
    {
        if (!IsNetwork(values, side)) return DoesNotFit(values);
        if (values.Items.Count > 0) bag.Warning(values.Match.At, $"values: {values.Operator.Value} has none, ignored");
        return new PortPredicate(side, [_privilegedPorts]);
    }

    Predicate? Addresses(Comparison values, SocketSide side)
    {
        if (!IsNetwork(values, side)) return DoesNotFit(values);
        if (!HasValues(values)) return null;
        var networks = new List<IPNetwork>();
        foreach (var item in values.Items)
        {
            if (ParseNetwork(item.Value.Trim()) is { } network) networks.Add(network);
            else bag.Error(item.At, $"values: {Spelling.Quote(item.Value)} is no address nor a network as in 10.0.0.0/8");
        }
        return new AddressPredicate(side, networks);
    }

    // A sockaddr has one end only; it goes by the name of source.
    static bool IsNetwork(Comparison values, SocketSide side) =>
        TypeNames.IsSocket(values.Kind) || (values.Kind == ValueKind.SocketAddress && side == SocketSide.Source);

    // IPNetwork refuses bits behind the prefix, which the kernel's tries ignore.
    static IPNetwork? ParseNetwork(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        // IPAddress also takes 127.1 and numbers in other bases.
        if (!IPAddress.TryParse(host, out var address) || host.Contains('%', StringComparison.Ordinal) || host.StartsWith('[')) return null;
        var isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        if (isV4 && address.ToString() != host) return null;
        var bytes = address.GetAddressBytes();
        var length = bytes.Length * 8;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out length) || length > bytes.Length * 8)) return null;
        for (var bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new(new IPAddress(bytes), length);
    }

    Predicate? Field(Comparison values, SocketField field, IReadOnlyDictionary<string, uint> names)
    {
        var fits = TypeNames.IsSocket(values.Kind) || (field == SocketField.Family && values.Kind is ValueKind.SocketAddress or ValueKind.UnixAddress);
        // Packets have no state of a connection.
        if (!fits || (field == SocketField.State && values.Kind == ValueKind.Skb)) return DoesNotFit(values);
        if (!HasValues(values)) return null;
        var numbers = new List<uint>();
        foreach (var item in values.Items)
        {
            if (names.TryGetValue(item.Value, out var named) || names.TryGetValue(item.Value.ToUpperInvariant(), out named)) numbers.Add(named);
            else if (NumberText.TryParse(item.Value, out var negative, out var number) && !negative && number <= ushort.MaxValue) numbers.Add((uint)number);
            else bag.Error(item.At, $"values: {Spelling.Quote(item.Value)} is no {field.ToString().ToLowerInvariant()}{Spelling.Hint(item.Value, names.Keys)}");
        }
        return new SocketFieldPredicate(field, numbers);
    }

    Predicate? FileTypes(Comparison values)
    {
        if (values.Kind is not (ValueKind.File or ValueKind.Path)) return DoesNotFit(values);
        if (!HasValues(values)) return null;
        var modes = new List<uint>();
        foreach (var item in values.Items)
        {
            if (NamedNumbers.FileTypes.TryGetValue(item.Value.ToLowerInvariant(), out var mode)) modes.Add(mode);
            else bag.Error(item.At, $"values: {Spelling.Quote(item.Value)} is no type of file, expected one of {string.Join(", ", NamedNumbers.FileTypes.Keys)}");
        }
        return new FileTypePredicate(modes);
    }
}
