using System.Globalization;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Skep.Falco.Calls;
using Skep.Falco.Conditions;
using Skep.Falco.Fields;

namespace Skep.Falco.Lowering;

/// <summary>
/// Translates a rule's condition, for one system call, into what the kernel can decide. What it cannot is taken to hold where that sends more events, so that no
/// event of a rule is lost: user space decides the rest by the condition itself.
/// </summary>
sealed class ConditionLowering(CallValues values)
{
    /// <summary>Type bits of a file's mode; devices count as files. What has none of them is no file by name.</summary>
    static readonly uint[] s_files = [0x8000, 0x2000, 0x6000], s_directories = [0x4000], s_pipes = [0x1000], s_sockets = [0xc000], s_named = [.. s_files, .. s_directories], s_all = [.. s_named, .. s_pipes, .. s_sockets];

    readonly List<string> _left = [];

    /// <summary>The checks that are left to user space, as Falco writes them.</summary>
    public IReadOnlyList<string> Left => _left;

    /// <summary>A condition that holds when one of several does.</summary>
    public static Condition AnyOf(IEnumerable<Condition> conditions) => Either(conditions);

    /// <summary>A condition that holds whenever the rule's does.</summary>
    public Condition Lower(ConditionNode node) => Lower(node, isUpper: true);

    /// <summary>A condition that holds only when the rule's does; what cannot be decided is in <see cref="Left"/>.</summary>
    public Condition LowerExactly(ConditionNode node) => Lower(node, isUpper: false);

    /// <param name="node">A part of the condition, without macros.</param>
    /// <param name="isUpper">Whether what cannot be decided holds: below a negation it must not.</param>
    Condition Lower(ConditionNode node, bool isUpper) => node switch
    {
        ConditionNode.And and => Both(and.Parts.Select(part => Lower(part, isUpper))),
        ConditionNode.Or or => Either(or.Parts.Select(part => Lower(part, isUpper))),
        ConditionNode.Not not => Negate(Lower(not.Inner, !isUpper)),
        ConditionNode.Check check => LowerCheck(check, isUpper) ?? Undecided(check, isUpper),
        ConditionNode.Exists exists => LowerExists(exists) ?? Undecided(exists, isUpper),
        _ => Undecided(node, isUpper),
    };

    Condition Undecided(ConditionNode node, bool isUpper)
    {
        var text = node.ToString();
        if (!_left.Contains(text)) _left.Add(text);
        return isUpper ? Condition.True : Condition.False;
    }

    static Condition Both(IEnumerable<Condition> conditions)
    {
        var parts = conditions.SelectMany(c => c is All all ? all.Parts : [c]).Distinct().ToList();
        return parts.Exists(IsFalse) ? Condition.False : parts.Count == 1 ? parts[0] : new All(parts);
    }

    static Condition Either(IEnumerable<Condition> conditions)
    {
        var parts = conditions.SelectMany(c => c is Any any ? any.Parts : [c]).Distinct().ToList();
        return parts.Exists(IsTrue) ? Condition.True : parts.Count == 1 ? parts[0] : new Any(parts);
    }

    static Condition Negate(Condition condition) => IsTrue(condition) ? Condition.False : IsFalse(condition) ? Condition.True : new Not(condition);

    static bool IsTrue(Condition condition) => condition is All { Parts.Count: 0 };

    static bool IsFalse(Condition condition) => condition is Any { Parts.Count: 0 };

    static Condition Constant(bool value) => value ? Condition.True : Condition.False;

    static Condition? LowerExists(ConditionNode.Exists exists) => exists.Left is ValueNode.Field { Argument: null, Name: "evt.type" } ? Condition.True : null;

    /// <summary>Null of what the kernel cannot decide, or not exactly.</summary>
    Condition? LowerCheck(ConditionNode.Check check, bool isUpper)
    {
        if (check.Left is not ValueNode.Field field || check.Modifier != FalcoModifier.None || check.Right is ValueNode.Transformed) return null;
        if (EventTypes.TryOf(check, out var types)) return Constant(types.Contains(values.Call.Event.Index));
        if (FieldCatalogue.Find(field.Name, field.Argument, out _) is not { } reference) return null;
        return reference.Field.Name switch
        {
            "evt.dir" => check.Right is ValueNode.Text { Value: "<" or ">" } direction && check.Operator is FalcoOperator.Equal or FalcoOperator.NotEqual
                ? Constant(direction.Value == "<" == (check.Operator == FalcoOperator.Equal)) : null,
            "evt.num" => Count(check),
            "evt.rawres" or "evt.failed" or "evt.res" when values.IsExecution => Succeeded(check, reference.Field.Name),
            "evt.arg" when values.IsExecution => null,
            "evt.rawres" => Number(check, CallValues.Result, isSigned: true),
            "evt.failed" => Flag(check, value => Below(CallValues.Result, 0, value)),
            "evt.res" => Result(check),
            "evt.is_open_read" when values.Call.OpenFlags is { Kind: CallKind.Named } flags => Flag(check, value => Masked(flags, [1], !value)),
            "evt.is_open_write" when values.Call.OpenFlags is { Kind: CallKind.Named } flags => Flag(check, value => Masked(flags, [1, 2], value)),
            "evt.is_open_read" or "evt.is_open_write" when values.Call is { OpenFlags: null, Name: not "creat" } => Missing(),
            "evt.arg" => Argument(check, reference.Argument!),
            "fd.num" => values.Descriptor is { } number ? Number(check, number, isSigned: true, isNew: values.Call.ReturnsDescriptor) : Missing(),
            "fd.name" => FileName(check, isUpper, pattern => pattern),
            "fd.directory" => FileName(check, isUpper, InDirectory),
            "fd.filename" => FileName(check, isUpper, Named),
            "fd.nameraw" => values.Call is { ReturnsDescriptor: true, Path: { } path } ? Text(check, path.Value) : null,
            "fd.type" or "fd.typechar" => FileType(check, isUpper),
            "proc.name" => Text(check, CallValues.Name),
            "proc.pname" => Text(check, CallValues.NameOfAncestor(1)),
            "proc.aname" when reference.ArgumentIndex is >= 0 and <= CallValues.MostGenerations => Text(check, CallValues.NameOfAncestor(reference.ArgumentIndex)),
            "user.uid" => Number(check, CallValues.User, isSigned: false),
            "group.gid" => Number(check, CallValues.Group, isSigned: false),
            _ => null,
        };
    }

    // An execution that is told has succeeded: its result is 0.
    static Condition? Succeeded(ConditionNode.Check check, string field) => (field, check.Right) switch
    {
        ("evt.res", ValueNode.Text text) when check.Operator is FalcoOperator.Equal or FalcoOperator.NotEqual => Constant(text.Value == "SUCCESS" == (check.Operator == FalcoOperator.Equal)),
        ("evt.failed", ValueNode.Text text) when check.Operator is FalcoOperator.Equal => Constant(text.Value == "false"),
        ("evt.rawres", ValueNode.Text { Value: "0" }) when check.Operator is FalcoOperator.Equal or FalcoOperator.GreaterOrEqual or FalcoOperator.LessOrEqual => Condition.True,
        ("evt.rawres", ValueNode.Text { Value: "0" }) when check.Operator is FalcoOperator.NotEqual or FalcoOperator.Greater or FalcoOperator.Less => Condition.False,
        _ => null,
    };

    // A check of a field that the event never has is false.
    static Condition Missing() => Condition.False;

    // Events count from 1.
    static Condition? Count(ConditionNode.Check check) =>
        check is { Operator: FalcoOperator.Equal, Right: ValueNode.Text { Value: "0" } } ? Condition.False
        : check is { Operator: FalcoOperator.GreaterOrEqual, Right: ValueNode.Text { Value: "0" or "1" } } or { Operator: FalcoOperator.NotEqual, Right: ValueNode.Text { Value: "0" } } ? Condition.True
        : null;

    static Condition? Flag(ConditionNode.Check check, Func<bool, Condition?> lower) => check switch
    {
        { Operator: FalcoOperator.Equal, Right: ValueNode.Text { Value: "true" or "false" } value } => lower(value.Value == "true"),
        { Operator: FalcoOperator.NotEqual, Right: ValueNode.Text { Value: "true" or "false" } value } => lower(value.Value != "true"),
        _ => null,
    };

    ValueCondition? Below(ValueSpec spec, long limit, bool isBelow) =>
        values.Require(spec) is >= 0 and var place ? new ValueCondition(place, new NumberPredicate([isBelow ? new(long.MinValue, limit - 1) : new(limit, long.MaxValue)])) : null;

    Condition? Masked(CallArgument argument, IReadOnlyList<ulong> masks, bool isSet)
    {
        if (values.Require(argument.Value) is not (>= 0 and var place)) return null;
        var condition = new ValueCondition(place, new MaskPredicate(masks));
        return isSet ? condition : new Not(condition);
    }

    /// <param name="check">The check.</param>
    /// <param name="spec">The number.</param>
    /// <param name="isSigned">Whether it may be negative.</param>
    /// <param name="isNew">Whether it is a descriptor that a call made: the rule sees -1 where the kernel has an error.</param>
    Condition? Number(ConditionNode.Check check, ValueSpec spec, bool isSigned, bool isNew = false)
    {
        var ranges = new List<NumberRange>();
        var (least, most) = isSigned ? (long.MinValue, long.MaxValue) : (0, uint.MaxValue);
        foreach (var item in Items(check))
        {
            if (!long.TryParse(item.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number < least || number > most) return null;
            switch (check.Operator)
            {
                case FalcoOperator.Equal or FalcoOperator.NotEqual or FalcoOperator.In or FalcoOperator.Intersects: ranges.Add(new(number, number)); break;
                case FalcoOperator.LessOrEqual: ranges.Add(new(least, number)); break;
                case FalcoOperator.GreaterOrEqual: ranges.Add(new(number, most)); break;
                case FalcoOperator.Less when number > least: ranges.Add(new(least, number - 1)); break;
                case FalcoOperator.Greater when number < most: ranges.Add(new(number + 1, most)); break;
                default: return null;
            }
        }
        if (isNew) ranges = [.. ranges.Where(r => r.Last >= -1).Select(r => r.First <= -1 ? new(long.MinValue, r.Last) : r)];
        if (ranges.Count == 0) return Constant(check.Operator == FalcoOperator.NotEqual);
        if (values.Require(spec) is not (>= 0 and var place)) return null;
        var condition = new ValueCondition(place, new NumberPredicate(ranges));
        return check.Operator == FalcoOperator.NotEqual ? new Not(condition) : condition;
    }

    // SUCCESS, or the name of an error.
    ValueCondition? Result(ConditionNode.Check check)
    {
        if (check.Right is not ValueNode.Text text) return null;
        return check.Operator switch
        {
            FalcoOperator.Equal when text.Value == "SUCCESS" => Below(CallValues.Result, 0, isBelow: false),
            FalcoOperator.NotEqual when text.Value == "SUCCESS" => Below(CallValues.Result, 0, isBelow: true),
            FalcoOperator.StartsWith when text.Value == "E" => Below(CallValues.Result, 0, isBelow: true),
            _ => null,
        };
    }

    Condition? Argument(ConditionNode.Check check, string name)
    {
        if (values.Call.Find(name) is not { } argument) return values.Call.Event.Parameters.Any(p => p.Name == name) ? null : Missing();
        if (argument.Kind == CallKind.Text) return Text(check, argument.Value);
        if (argument is not { Kind: CallKind.Named, Names: { } names }) return null;
        var place = values.Require(argument.Value);
        if (place < 0) return null;
        if (check is { Operator: FalcoOperator.Contains, Right: ValueNode.Text part })
        {
            if (names.ValuesWith(FalcoText.ToBytes(part.Value)) is { } some) return some.Count == 0 ? Condition.False : new ValueCondition(place, new NumberPredicate([.. some.Select(n => new NumberRange((long)n, (long)n))]));
            return names.MasksOf(FalcoText.ToBytes(part.Value)) is not { } masks ? null : masks.Count == 0 ? Condition.False : new ValueCondition(place, new MaskPredicate(masks));
        }
        if (check.Operator is not (FalcoOperator.Equal or FalcoOperator.In or FalcoOperator.Intersects)) return null;
        var ranges = new List<NumberRange>();
        foreach (var item in Items(check))
        {
            if (names.ValuesOf(FalcoText.ToBytes(item.Value)) is not { Count: > 0 } numbers) return null;
            ranges.AddRange(numbers.Select(n => new NumberRange((long)n, (long)n)));
        }
        return new ValueCondition(place, new NumberPredicate(ranges));
    }

    static IEnumerable<ValueNode.Text> Items(ConditionNode.Check check) => check.Right is ValueNode.List list ? list.Items : [(ValueNode.Text)check.Right];

    Condition? Text(ConditionNode.Check check, ValueSpec spec)
    {
        var patterns = Patterns(check);
        if (patterns is null) return null;
        if (patterns.Count == 0) return Condition.False;
        if (values.Require(spec) is not (>= 0 and var place)) return null;
        var condition = new ValueCondition(place, new TextPredicate(patterns));
        return check.Operator == FalcoOperator.NotEqual ? new Not(condition) : condition;
    }

    /// <summary>
    /// The name of the file that the event is about, as the kernel has it. A descriptor of something else has another name here than there, and a call that failed
    /// none: what is asked of it then is left to user space.
    /// </summary>
    Condition? FileName(ConditionNode.Check check, bool isUpper, Func<TextPattern, TextPattern?> translate)
    {
        if (values.File is not { } file) return null;
        if (check.Operator == FalcoOperator.NotEqual || Patterns(check) is not { } written) return null;
        var patterns = new List<TextPattern>();
        foreach (var pattern in written)
        {
            if (translate(pattern) is not { } translated) return null;
            patterns.Add(translated);
        }
        if (patterns.Count == 0) return Condition.False;
        if (values.Require(file) is not (>= 0 and var place)) return null;
        return Where(new ValueCondition(place, new FileTypePredicate(s_named)), new ValueCondition(place, new TextPredicate(patterns)), isUpper);
    }

    /// <summary>A condition that is exact where another one holds.</summary>
    static Condition Where(Condition isKnown, Condition exact, bool isUpper) => isUpper ? Either([exact, Negate(isKnown)]) : Both([isKnown, exact]);

    // A directory's own files, not those further down.
    static TextPattern? InDirectory(TextPattern pattern) =>
        pattern.Operator != TextOperator.Equal || pattern.Text is [.., (byte)'/'] and not [_] ? null : new(TextOperator.Regex, [.. @"\A"u8, .. Quote(pattern.Text.AsSpan().TrimEnd((byte)'/')), .. @"/[^/]*\z"u8]);

    static TextPattern? Named(TextPattern pattern) => pattern.Operator switch
    {
        TextOperator.Equal => new(TextOperator.Suffix, [(byte)'/', .. pattern.Text]),
        TextOperator.Suffix when !pattern.Text.Contains((byte)'/') => pattern,
        TextOperator.Prefix => new(TextOperator.Regex, [(byte)'/', .. Quote(pattern.Text), .. @"[^/]*\z"u8]),
        TextOperator.Contains => new(TextOperator.Regex, [.. "/[^/]*"u8, .. Quote(pattern.Text), .. @"[^/]*\z"u8]),
        _ => null,
    };

    static byte[] Quote(ReadOnlySpan<byte> text)
    {
        var quoted = new List<byte>(text.Length);
        foreach (var c in text)
        {
            if (c < 128 && !char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'_' or (byte)'/' or (byte)'-' or (byte)' ')) quoted.Add((byte)'\\');
            quoted.Add(c);
        }
        return [.. quoted];
    }

    static List<TextPattern>? Patterns(ConditionNode.Check check)
    {
        var comparison = check.Operator switch
        {
            FalcoOperator.Equal or FalcoOperator.NotEqual or FalcoOperator.In or FalcoOperator.Intersects => TextOperator.Equal,
            FalcoOperator.StartsWith => TextOperator.Prefix,
            FalcoOperator.EndsWith => TextOperator.Suffix,
            FalcoOperator.Contains => TextOperator.Contains,
            FalcoOperator.ContainsIgnoringCase => TextOperator.ContainsIgnoringCase,
            FalcoOperator.Glob => TextOperator.Glob,
            _ => (TextOperator?)null,
        };
        if (comparison is { } same) return [.. Items(check).Select(item => new TextPattern(same, FalcoText.ToBytes(item.Value)))];
        if (check.Operator != FalcoOperator.PathMatch) return null;
        var patterns = new List<TextPattern>();
        foreach (var item in Items(check))
        {
            if (item.Value.AsSpan().ContainsAny("?*[")) return null;
            var prefix = item.Value.TrimEnd('/');
            patterns.Add(new(TextOperator.Equal, FalcoText.ToBytes(prefix)));
            patterns.Add(new(TextOperator.Prefix, FalcoText.ToBytes(prefix + "/")));
        }
        return patterns;
    }

    Condition? FileType(ConditionNode.Check check, bool isUpper)
    {
        if (values.File is not { } file || check.Operator is not (FalcoOperator.Equal or FalcoOperator.In or FalcoOperator.Intersects)) return null;
        var modes = new List<uint>();
        foreach (var item in Items(check))
        {
            switch (item.Value)
            {
                // What is in memory alone is a file to the kernel, and none to the rule.
                case "f" or "file" when isUpper: modes.AddRange(s_files); break;
                case "d" or "directory": modes.AddRange(s_directories); break;
                case "p" or "pipe": modes.AddRange(s_pipes); break;
                // The family is not known of the file: all sockets may be meant, and none is certain to be.
                case "4" or "6" or "u" or "ipv4" or "ipv6" or "unix" when isUpper: modes.AddRange(s_sockets); break;
                default: return null;
            }
        }
        return values.Require(file) is >= 0 and var place
            ? Where(new ValueCondition(place, new FileTypePredicate(s_all)), new ValueCondition(place, new FileTypePredicate(modes)), isUpper) : null;
    }
}
