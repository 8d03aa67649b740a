using Skep.Tetragon.Api;

namespace Skep.Tetragon.Cel;

/// <summary>
/// An expression about an event, checked against the API: <c>process_exec.process.binary.startsWith("/usr/bin")</c>. Each type of event is a
/// variable of its own name; those that an event is not are empty messages. It may be used by several threads.
/// </summary>
public sealed class CelProgram
{
    /// <summary>How much one evaluation may do: visits of parts of the expression, and blocks of 64 characters.</summary>
    const int MaxSteps = 100_000;

    readonly CelNode _root;
    readonly int _variables;

    CelProgram(CelNode root, int variables) => (_root, _variables) = (root, variables);

    /// <summary>Checks an expression.</summary>
    /// <exception cref="CelException">It is wrong, or is neither true nor false.</exception>
    public static CelProgram Compile(string text) => Compile(text, isCondition: true);

    internal static CelProgram Compile(string text, bool isCondition)
    {
        var expression = CelParser.Parse(text);
        var compiler = new CelCompiler(text);
        var (root, type) = compiler.Compile(expression);
        if (isCondition && !type.Fits(CelKind.Bool)) throw compiler.Error(expression, $"a filter is true or false, not a value of type {type}");
        return new CelProgram(root, compiler.Variables);
    }

    /// <summary>Whether it holds; null when it cannot be evaluated for this event.</summary>
    public bool? Evaluate(GetEventsResponse exported) => Value(exported) as bool?;

    internal object? Value(GetEventsResponse exported)
    {
        var evaluation = new CelEvaluation(exported, _variables, MaxSteps);
        var value = _root.Evaluate(evaluation);
        return evaluation.IsExhausted ? CelNode.TooCostly : value;
    }
}
