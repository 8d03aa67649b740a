using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class VerifierMessagesTests
{
    [Fact]
    public void Each_log_is_explained_by_kind_instruction_cause_and_remedy()
    {
        var wrong = new List<string>();
        foreach (var vector in VerifierVector.All)
        {
            var error = new VerifierException("load", 13, VerifierLog.Parse(vector.Log), []);
            if (error.Kind != vector.Kind) wrong.Add($"{vector.Name}: {error.Kind} instead of {vector.Kind} ({error.Reason})");
            if (error.InstructionIndex != vector.Instruction) wrong.Add($"{vector.Name}: instruction {error.InstructionIndex} instead of {vector.Instruction}");
            if (string.IsNullOrEmpty(error.Explanation) || string.IsNullOrEmpty(error.Remedy)) wrong.Add($"{vector.Name}: not explained");
            if (error.Explanation?.Contains('{', StringComparison.Ordinal) == true || error.Explanation?.Contains('?', StringComparison.Ordinal) == true) wrong.Add($"{vector.Name}: {error.Explanation}");
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Each_known_message_decides_at_least_one_recorded_log()
    {
        var seen = new HashSet<string>();
        foreach (var vector in VerifierVector.All)
        {
            if (VerifierMessages.Find(VerifierLog.Parse(vector.Log).Messages) is { } found) seen.Add(found.Message.Template.Text);
        }
        VerifierMessages.All.Select(m => m.Template.Text).Where(t => !seen.Contains(t)).ShouldBeEmpty();
        VerifierMessages.All.Count.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Each_placeholder_of_an_explanation_comes_from_its_message()
    {
        foreach (var message in VerifierMessages.All)
        {
            foreach (var text in new[] { message.Cause, message.Remedy })
            {
                for (var open = text.IndexOf('{'); open >= 0; open = text.IndexOf('{', open + 1))
                {
                    var close = text.IndexOf('}', open);
                    if (close == open + 1) continue;
                    var name = text[open..(close + 1)];
                    message.Template.Text.Contains(name, StringComparison.Ordinal).ShouldBeTrue($"{message.Template.Text}: {name}");
                }
            }
        }
    }
}
