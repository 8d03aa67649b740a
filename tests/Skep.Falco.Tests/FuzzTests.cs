using System.Diagnostics;
using Shouldly;
using Skep.Falco.Conditions;
using Skep.Falco.Evaluation;
using Skep.Falco.Output;
using Skep.Falco.Tests.Evaluation;
using Skep.Falco.Tests.Loading;
using Xunit;

namespace Skep.Falco.Tests;

public class FuzzTests
{
    /// <summary>A hang is a failure, slowness is not: the bound is far above what any text needs.</summary>
    static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    static readonly string[] s_words =
    [
        "- ", ": ", "[", "]", "{", "}", "\"", "'", "|\n", ">-\n", "---\n", "\n", "  ", "list:", "macro: a\n", "rule: a\n", "append: true\n", "override:\n", "exceptions:\n", "values:", "fields:", "null", "(", ")", ",",
        "=", " and ", " or ", "not ", " in ", "evt.type", "open", "proc.aname", "tolower(", "val(", "\\x", "0x", "oneof ", "%", "%proc.name", "regex \"", "*", "\0", "\ud800", "\udc80", "ä", "required_engine_version: ",
    ];

    [Fact]
    public void Mutated_files_end_in_rules_or_errors()
    {
        var random = new Random(20261125);
        string[] seeds = [.. LoadingCase.All.Select(c => string.Join('\n', c.Files.Select(f => f.Text)))];
        for (var round = 0; round < 4000; round++)
        {
            var text = Mutate(seeds[random.Next(seeds.Length)], random);
            var watch = Stopwatch.StartNew();

            var rules = FalcoRules.Load([new("fuzz.yaml", text)]);

            foreach (var result in rules.Results) result.ToString().ShouldNotBeEmpty();
            if (rules.HasErrors) rules.Rules.ShouldBeEmpty();
            watch.Elapsed.ShouldBeLessThan(s_hang, text);
        }
    }

    [Fact]
    public void Mutated_conditions_and_outputs_hold_or_are_refused()
    {
        var random = new Random(7);
        string[] seeds =
        [
            .. Vectors.Text("conditions.txt").Split('\n').Select(l => l.Split(" => ")[0].Split(" !! ")[0]), .. Vectors.Text("evaluation.txt").Split('\n').Select(l => l.Split("  ")[0]),
        ];
        var item = new TestEvent("open") { ["proc.name"] = "cat", ["fd.name"] = "/etc/passwd", ["fd.num"] = 3 };
        var scratch = new Scratch();
        for (var round = 0; round < 20_000; round++)
        {
            var text = Mutate(seeds[random.Next(seeds.Length)], random);
            var watch = Stopwatch.StartNew();
            try
            {
                var node = ConditionParser.Parse(text);
                ConditionPrinter.Print(node).ShouldNotBeEmpty();
                EventTypes.Of(node);
                scratch.Reset();
                ConditionCompiler.Compile(node).Holds(item, scratch);
            }
            catch (ConditionException e)
            {
                e.At.ShouldBeInRange(0, text.Length);
            }
            try
            {
                OutputFormat.Parse(text);
            }
            catch (ConditionException e)
            {
                e.At.ShouldBeInRange(0, text.Length);
            }
            watch.Elapsed.ShouldBeLessThan(s_hang, text);
        }
    }

    [Fact]
    public void Lists_that_double_each_other_end()
    {
        var text = string.Concat(Enumerable.Range(0, 60).Select(i => $"- list: l{i}\n  items: [l{i + 1}, l{i + 1}]\n")) + LoadingCase.Rule("@rule a: evt.type=open and proc.name in (l0)");

        FalcoRules.Load([new("a.yaml", text)]).Results[0].Errors.ShouldHaveSingleItem().Message.ShouldBe("lists make the condition too long");
    }

    [Fact]
    public void The_deepest_conditions_fit_a_small_stack()
    {
        static string Nest(string inner) => string.Concat(Enumerable.Repeat("not (fd.num=1 or fd.num=2 and ", 165)) + inner + new string(')', 165);
        var text = $"- macro: m\n  condition: {Nest("proc.name=a")}\n- macro: n\n  condition: {Nest("m")}\n" + LoadingCase.Rule($"@rule a: evt.type=open and {Nest("fd.num=3")}") + "\n" + LoadingCase.Rule($"@rule b: evt.type=open and n");
        var item = new TestEvent("open") { ["fd.num"] = 2 };
        FalcoRules? good = null, bad = null;
        var thread = new Thread(() =>
        {
            good = FalcoRules.Load([new("a.yaml", text)]);
            foreach (var rule in good.Rules)
            {
                rule.Matches(item, new());
                rule.Condition.ToString();
            }
            bad = FalcoRules.Load([new("a.yaml", text + "\n" + LoadingCase.Rule($"@rule c: {Nest("n")}"))]);
        }, 1024 * 1024);
        thread.Start();
        thread.Join();

        good!.Rules.Count.ShouldBe(2);
        bad!.Results[0].Errors.ShouldHaveSingleItem().Message.ShouldBe("the condition is nested deeper than 1000 levels, macros counted");
    }

    static string Mutate(string text, Random random)
    {
        for (var count = random.Next(1, 5); count > 0 && text.Length > 0; count--)
        {
            var at = random.Next(text.Length);
            var length = Math.Min(random.Next(1, 12), text.Length - at);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, s_words[random.Next(s_words.Length)]),
                2 => text.Insert(at, text.Substring(at, length)),
                _ => text.Remove(at, 1).Insert(at, ((char)random.Next(1, 128)).ToString()),
            };
        }
        return text;
    }
}
