using Skep.Falco.Conditions;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;
using Skep.Falco.Output;

namespace Skep.Falco.Loading;

/// <summary>Makes rules of what the files define. It is done after every file: each file must be good with those before it.</summary>
sealed class RuleCompiler
{
    /// <summary>Rules of more kinds of events than this name none.</summary>
    public const int ManyEventTypes = 100;

    const string ContainerInfo = "%container.info";

    static readonly string[] s_unknown = ["nonexistent field", "invalid formatting token", "unknown event type", "unknown filter:"];

    readonly RuleCollector _collector;
    readonly FalcoLoadOptions _options;
    readonly ListExpander _lists;
    readonly Dictionary<string, MacroEntry> _macros = new(StringComparer.Ordinal);
    readonly Dictionary<string, (MacroInfo Info, string Text, int[] Origins)> _macroTexts = new(StringComparer.Ordinal);
    readonly List<FalcoIssue> _issues = [];
    readonly List<FalcoRule> _rules = [];

    RuleCompiler(RuleCollector collector, FalcoLoadOptions options)
    {
        (_collector, _options) = (collector, options);
        _lists = new(collector.Lists);
    }

    public static (IReadOnlyList<FalcoRule> Rules, IReadOnlyList<FalcoIssue> Issues) Compile(RuleCollector collector, FalcoLoadOptions options)
    {
        var compiler = new RuleCompiler(collector, options);
        compiler.Compile();
        return (compiler._rules, compiler._issues);
    }

    void Compile()
    {
        foreach (var macro in _collector.Macros.Values.OrderBy(m => m.Index)) Try(() => ReadMacro(macro));
        // What a macro that cannot be read would do to others is no mistake of theirs.
        if (_issues.Exists(i => i.IsError)) return;
        var resolver = new MacroResolver(_macros);
        foreach (var macro in _macros.Values) Try(() => ResolveMacro(resolver, macro));
        if (_issues.Exists(i => i.IsError)) return;
        foreach (var rule in _collector.Rules.Values.OrderBy(r => r.Index))
        {
            if (rule.IsSourceKnown && rule.Priority <= _options.MinimumPriority) Try(() => CompileRule(resolver, rule));
            else Touch(resolver, rule);
        }
        foreach (var macro in _macros.Values)
        {
            if (!macro.IsUsed) Warn(_collector.Macros[macro.Name].Context, FalcoCode.UnusedMacro, "Macro not referred to by any other rule/macro");
        }
        foreach (var list in _lists.Unused) Warn(list.Context, FalcoCode.UnusedList, "List not referred to by any other rule/macro");
    }

    void Try(Action compile)
    {
        try
        {
            compile();
        }
        catch (LoadException e)
        {
            _issues.Add(e.Issue);
        }
    }

    void Warn(LoadContext context, FalcoCode code, string message) => _issues.Add(context.Issue(code, message));

    void ReadMacro(MacroInfo macro)
    {
        var (text, origins) = Expand(macro.Context, macro.Condition, macro.Condition.ToString());
        _macroTexts[macro.Name] = (macro, text, origins);
        try
        {
            _macros[macro.Name] = new(macro.Name, macro.Index, macro.Visibility, ConditionParser.Parse(text));
        }
        catch (ConditionException e)
        {
            throw new LoadException(InMacro(macro.Context, macro.Name, e.At), FalcoCode.CompileCondition, e.Message);
        }
        WarnOf(_macros[macro.Name].Condition, at => InMacro(macro.Context, macro.Name, at));
    }

    void ResolveMacro(MacroResolver resolver, MacroEntry macro)
    {
        try
        {
            resolver.Resolve(macro, 0);
        }
        catch (ConditionException e)
        {
            throw new LoadException(InMacro(_collector.Macros[macro.Name].Context, macro.Name, e.At), FalcoCode.CompileCondition, e.Message);
        }
    }

    // What a rule uses that is left out is not unused.
    void Touch(MacroResolver resolver, RuleInfo rule)
    {
        try
        {
            if (_lists.Expand(rule.Condition.ToString()) is { } expanded) resolver.Resolve(ConditionParser.Parse(expanded.Text));
        }
        catch (ConditionException)
        {
            // Nor is what is wrong with it of interest.
        }
    }

    (string Text, int[] Origins) Expand(LoadContext context, ConditionText source, string text)
    {
        if (_lists.Expand(text) is { } expanded) return expanded;
        var (file, place) = source.Locate(0);
        throw new LoadException(context.Inside("condition expression", text, 0, file, place), FalcoCode.CompileCondition, "lists make the condition too long");
    }

    void CompileRule(MacroResolver resolver, RuleInfo rule)
    {
        var condition = ExceptionText.Append(rule.Condition.ToString(), rule.Exceptions);
        var (text, origins) = Expand(rule.Context, rule.Condition, condition);
        ConditionNode parsed;
        ConditionNode resolved;
        try
        {
            parsed = ConditionParser.Parse(text);
            resolved = resolver.Resolve(parsed);
        }
        catch (ConditionException e)
        {
            throw new LoadException(InRule(rule, text, origins, e.At), FalcoCode.CompileCondition, e.Message);
        }
        EvaluationNode evaluation;
        EventTypeSet types;
        try
        {
            types = EventTypes.Of(resolved);
            evaluation = ConditionCompiler.Compile(resolved);
        }
        catch (ConditionException e)
        {
            Skip(rule, FalcoCode.CompileCondition, Blame(rule, parsed, text, origins, e), e.Message);
            return;
        }
        OutputFormat output;
        try
        {
            output = OutputFormat.Parse(OutputText(rule));
        }
        catch (ConditionException e)
        {
            var (file, place) = rule.Output.Locate(e.At);
            Skip(rule, FalcoCode.CompileOutput, rule.Context.Inside("output expression", rule.Output.ToString(), e.At, file, place), e.Message);
            return;
        }
        WarnOf(parsed, at => InRule(rule, text, origins, at));
        if (rule.WarnsOfEventTypes && types.Count > ManyEventTypes)
            Warn(rule.Context, FalcoCode.NoEventType, "Rule matches too many evt.type values. This has a significant performance penalty.");
        _rules.Add(new(rule, resolved, evaluation, types, output));
    }

    void WarnOf(ConditionNode condition, Func<int, LoadContext> place)
    {
        foreach (var (at, isDeprecated, message) in ConditionWarnings.Of(condition)) Warn(place(at), isDeprecated ? FalcoCode.DeprecatedItem : FalcoCode.SuspiciousCondition, message);
    }

    void Skip(RuleInfo rule, FalcoCode code, LoadContext context, string message)
    {
        if (!rule.SkipsUnknownFilters || !s_unknown.Any(u => message.Contains(u, StringComparison.Ordinal))) throw new LoadException(context, code, message);
        Warn(context, FalcoCode.UnknownFilter, message);
    }

    string OutputText(RuleInfo rule)
    {
        var text = rule.Output.ToString().Trim();
        if (text.Contains(ContainerInfo, StringComparison.Ordinal))
        {
            Warn(rule.Context, FalcoCode.DeprecatedItem, "%container.info is deprecated and no longer has an effect: the fields of containers are appended to every output.");
            text = text.Replace(ContainerInfo, "", StringComparison.Ordinal).Trim();
        }
        if (!_options.AppendSuggestedOutput) return text;
        foreach (var field in FieldCatalogue.Suggested) text += $" {field.Name.Replace('.', '_')}=%{field.Name}";
        return text;
    }

    /// <summary>The place of a mistake, which may be in a macro that the rule uses.</summary>
    LoadContext Blame(RuleInfo rule, ConditionNode parsed, string text, int[] origins, ConditionException mistake)
    {
        if (Fails(parsed, mistake.Message)) return InRule(rule, text, origins, mistake.At);
        foreach (var macro in _macros.Values)
        {
            if (macro.IsUsed && Fails(macro.Condition, mistake.Message)) return InMacro(rule.Context.Inside("macro", macro.Name, _collector.Macros[macro.Name].Context.Place), macro.Name, mistake.At);
        }
        return rule.Context;
    }

    static bool Fails(ConditionNode node, string message)
    {
        try
        {
            ConditionCompiler.Compile(WithoutMacros(node));
            EventTypes.Of(WithoutMacros(node));
            return false;
        }
        catch (ConditionException e)
        {
            return e.Message == message;
        }
    }

    static ConditionNode WithoutMacros(ConditionNode node) => node switch
    {
        ConditionNode.And and => and with { Parts = [.. and.Parts.Select(WithoutMacros)] },
        ConditionNode.Or or => or with { Parts = [.. or.Parts.Select(WithoutMacros)] },
        ConditionNode.Not not => not with { Inner = WithoutMacros(not.Inner) },
        ConditionNode.Macro macro => new ConditionNode.Exists(macro.At, new ValueNode.Field(macro.At, "evt.num", null)),
        _ => node,
    };

    static LoadContext InRule(RuleInfo rule, string text, int[] origins, int at)
    {
        var origin = origins.Length == 0 ? 0 : origins[Math.Clamp(at, 0, origins.Length - 1)];
        if (ExceptionText.At(origin, rule.Condition.ToString(), rule.Exceptions) is { } exception)
            return rule.Context.Inside("condition expression", text, at, exception.Context.File, exception.Context.Place);
        var (file, place) = rule.Condition.Locate(ExceptionText.HasValues(rule.Exceptions) ? origin - 1 : origin);
        return rule.Context.Inside("condition expression", text, at, file, place);
    }

    LoadContext InMacro(LoadContext context, string name, int at)
    {
        var (info, text, origins) = _macroTexts[name];
        var (file, place) = info.Condition.Locate(origins.Length == 0 ? 0 : origins[Math.Clamp(at, 0, origins.Length - 1)]);
        return context.Inside("condition expression", text, at, file, place);
    }
}
