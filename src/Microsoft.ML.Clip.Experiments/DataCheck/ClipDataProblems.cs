namespace Microsoft.ML.Clip.Experiments;

/// <summary>What is wrong with the pictures or their labels, as far as features and folds can tell. Look before believing it.</summary>
public sealed record ClipDataProblems
{
    /// <summary>Rows that could not be read, and why.</summary>
    public IReadOnlyList<ClipUnreadable> Unreadable { get; init; } = [];

    /// <summary>Sets of pictures that are nearly the same, the largest first.</summary>
    public IReadOnlyList<ClipDuplicates> Duplicates { get; init; } = [];

    /// <summary>Whether copies and groups were looked for, which of more than 20,000 rows would take too long.</summary>
    public bool AreCopiesChecked { get; init; } = true;

    /// <summary>Labels that are likely wrong, the likeliest first.</summary>
    public IReadOnlyList<ClipSuspectLabel> SuspectLabels { get; init; } = [];

    /// <summary>Pairs of classes that are often taken for each other, the most alike first.</summary>
    public IReadOnlyList<ClipLookAlikes> LookAlikes { get; init; } = [];

    /// <summary>What groups give away; <see langword="null"/> where there are no groups.</summary>
    public ClipGroupLeak? GroupLeak { get; init; }
}

/// <summary>A row that could not be read.</summary>
/// <param name="Name">The picture's path, or whatever the row is known by.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record ClipUnreadable(string Name, string Reason);

/// <summary>Pictures that are nearly the same.</summary>
/// <param name="Rows">Their rows, two or more, in order.</param>
/// <param name="AcrossClasses">Whether they have different labels: one of them is wrong, or a picture shows both.</param>
/// <param name="AcrossGroups">Whether they are of different groups, so that groups alone do not keep them together.</param>
public sealed record ClipDuplicates(IReadOnlyList<int> Rows, bool AcrossClasses, bool AcrossGroups);

/// <summary>A label that is likely wrong.</summary>
/// <param name="Row">The row.</param>
/// <param name="Label">The number of the label that it has.</param>
/// <param name="Suggested">The number of the label that it looks like.</param>
/// <param name="Probability">How likely that one is to a model that has not seen the row.</param>
/// <param name="ProbabilityOfLabel">How likely its own label is.</param>
public sealed record ClipSuspectLabel(int Row, int Label, int Suggested, double Probability, double ProbabilityOfLabel);

/// <summary>Two classes that look alike.</summary>
/// <param name="First">The number of one.</param>
/// <param name="Second">The number of the other.</param>
/// <param name="Confused">Rows of either that are taken for the other.</param>
/// <param name="Share">Their share of all rows of the two classes, from 0 to 1.</param>
public sealed record ClipLookAlikes(int First, int Second, IReadOnlyList<int> Confused, double Share);

/// <summary>What is given away by pictures of the same group, such as one scene.</summary>
/// <param name="NearestRight">How often the nearest picture of all is of the same class.</param>
/// <param name="NearestRightApart">How often the nearest picture of another group is.</param>
/// <param name="ClassesInOneGroup">Classes of several pictures that all lie in one group: nothing can be told of how new ones do.</param>
public sealed record ClipGroupLeak(double NearestRight, double NearestRightApart, IReadOnlyList<int> ClassesInOneGroup);
