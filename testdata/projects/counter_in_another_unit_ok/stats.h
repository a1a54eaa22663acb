#ifndef STATS_H
#define STATS_H
void stats_hit(void);
void stats_reset(void);
long stats_total(void);
#endif
